"""Deletes the confidential payload of pending acts once they are closed."""

from django.db.models import TextField, Value
from django.db.models.functions import Cast

from apps.people.act_kinds import ACT_KINDS
from apps.people.models import PendingAct


def destroy_payloads(kind: str) -> int:
    """Delete the payload parts that only the two deciders could read; of how many acts.

    Raises ValueError for a kind without such parts: a trigger protects all others.
    """
    if not ACT_KINDS[kind].decider_fields:
        raise ValueError(f"{kind} keeps its payload.")
    closed = PendingAct.objects.filter(kind=kind).exclude(done_at=None, stopped_at=None)
    stored_payloads = closed.annotate(stored=Cast("payload", TextField())).exclude(stored="")
    return stored_payloads.update(payload=Value("", output_field=TextField()))
