"""What was for the two who decided an act alone is destroyed once the act is closed."""

from django.db.models import TextField, Value
from django.db.models.functions import Cast

from apps.people.act_rules import ACT_KINDS
from apps.people.models import PendingAct


def destroy_payloads(kind: str) -> int:
    """Destroy what the closed acts of a kind held for two people alone; of how many acts.

    Raises ValueError for a kind that holds nothing such: a trigger lets nothing else of an act go.
    """
    if not ACT_KINDS[kind].decider_fields:
        raise ValueError(f"{kind} keeps its payload.")
    closed = PendingAct.objects.filter(kind=kind).exclude(done_at=None, stopped_at=None)
    kept = closed.annotate(stored=Cast("payload", TextField())).exclude(stored="")
    return kept.update(payload=Value("", output_field=TextField()))
