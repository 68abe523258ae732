"""What is recorded: who did or saw what, and what concerns the safety of accounts."""

from apps.audit.models.audit_events import FREQUENT_ACTIONS, NEWEST_FIRST, READ_ACTIONS, AuditEvent
from apps.audit.models.choices import Action, Audience, EventReason, PersonKind, SecurityKind
from apps.audit.models.security_events import SecurityEvent

__all__ = [
    "FREQUENT_ACTIONS", "NEWEST_FIRST", "READ_ACTIONS", "Action", "Audience", "AuditEvent", "EventReason", "PersonKind",
    "SecurityEvent", "SecurityKind",
]  # fmt: skip
