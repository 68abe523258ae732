"""The one way to write the record."""

from apps.audit.models import Action, Audience, AuditEvent


def record(
    action,
    *,
    actor=None,
    role="system",
    municipality_id=None,
    subject_id=None,
    thing=None,
    purpose="",
    reason="",
    fields=(),
    audience=Audience.OPEN,
):
    """Append one AuditEvent in the caller's transaction and return it.

    ``actor`` is a user or None for the machine itself, ``role`` the part in which the actor
    acts; ``thing`` a model instance. ``fields`` are names only: a value never enters the record.
    Raises ValueError for a word the record does not know.
    """
    return AuditEvent.objects.create(
        **_row(
            action,
            actor,
            role,
            municipality_id,
            subject_id,
            thing,
            purpose,
            reason,
            fields,
            audience,
        )
    )


def record_many(events):
    """Append many events (each a dict of ``record``'s arguments) in one statement."""
    defaults = {
        "actor": None, "role": "system", "municipality_id": None, "subject_id": None, "thing": None,
        "purpose": "", "reason": "", "fields": (), "audience": Audience.OPEN,
    }  # fmt: skip
    AuditEvent.objects.bulk_create(AuditEvent(**_row(**{**defaults, **event})) for event in events)


def _row(
    action, actor, role, municipality_id, subject_id, thing, purpose, reason, fields, audience
):
    return {
        "action": Action(action).value,
        "actor": actor if actor is None or actor.is_authenticated else None,
        "actor_role": role,
        "municipality_id": municipality_id,
        "subject_id": subject_id,
        "thing": thing._meta.label if thing is not None else "",
        "thing_id": str(thing.pk) if thing is not None else "",
        "purpose": purpose,
        "reason": reason[:200],
        "fields": list(fields),
        "audience": audience,
    }
