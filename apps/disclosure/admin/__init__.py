"""The staff's pages of disclosure."""

from apps.disclosure.admin import (  # noqa: F401 - they register themselves
    audit_events,
    corrections,
    hidden_entries,
)
