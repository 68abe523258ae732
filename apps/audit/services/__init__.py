"""The one way to write each record."""

from apps.audit.services.audit_events import record, record_many, recording
from apps.audit.services.security_events import forget_old, record_security_event

__all__ = ["forget_old", "record", "record_many", "record_security_event", "recording"]
