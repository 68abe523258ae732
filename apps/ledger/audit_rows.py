"""The audit record, as a source of rows to chain."""

from uuid import UUID, uuid5

from apps.audit.canonical import CANONICAL_FORM, CANONICAL_SQL
from apps.audit.models import AuditEvent
from apps.ledger.row_table import RowTable

AUDIT_EVENTS = RowTable(
    chain_id=uuid5(UUID(int=0), AuditEvent._meta.db_table),
    table=AuditEvent._meta.db_table,
    rows="audit events",
    form=CANONICAL_FORM,
    bodies={1: CANONICAL_SQL},
)
