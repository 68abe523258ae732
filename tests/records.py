"""What the audit record holds of an action."""

from apps.audit.models import Action, AuditEvent


def actors_of(action: Action) -> list:
    """Who did it each time, oldest first; None: the portal itself, or nobody who is signed in."""
    return [event.actor for event in AuditEvent.objects.filter(action=action).order_by("id")]
