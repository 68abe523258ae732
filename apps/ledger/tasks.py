"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.ledger.services import checkpoints

make_checkpoint = periodic_task("ledger.make_checkpoint", checkpoints.make_checkpoint)
