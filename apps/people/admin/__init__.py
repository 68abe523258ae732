"""Admin pages: roster, pending acts, emergency access, security events."""

from apps.people.admin import (  # noqa: F401 - they register themselves
    emergencies,
    kept_out_people,
    pending_acts,
    protection_checks,
    roster,
    security_events,
    staff_conflicts,
)
