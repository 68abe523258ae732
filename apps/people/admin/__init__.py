"""The staff's pages of the roster as it is, acts of two people, emergencies and security events."""

from apps.people.admin import (  # noqa: F401 - they register themselves
    emergencies,
    pending_acts,
    protection_checks,
    roster,
    security_events,
)
