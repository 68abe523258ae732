"""Staff pages for disclosure: audit events, corrections, hidden entries, unusual looks."""

from apps.disclosure.admin import (  # noqa: F401 - they register themselves
    audit_events,
    corrections,
    hidden_entries,
    unusual_looks,
)
