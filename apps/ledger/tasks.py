"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.ledger.audit_rows import AUDIT_EVENTS
from apps.ledger.services import checkpoints, given_checkpoints
from apps.ledger.services.row_chains import chain_settled_rows


def chain_audit_events() -> int:
    """Chain the audit events that can change no more; how many."""
    return chain_settled_rows(AUDIT_EVENTS)


chain_rows = periodic_task("ledger.chain_rows", chain_audit_events)
make_checkpoint = periodic_task("ledger.make_checkpoint", checkpoints.make_checkpoint)
give_checkpoint = periodic_task("ledger.give_checkpoint", given_checkpoints.give_newest_checkpoint)
