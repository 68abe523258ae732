"""Periodic tasks: keys follow what changes without a decision."""

from apps.consent.services import ledger_monitoring, scheduled_work
from apps.core.periodic_work import periodic_task

reconcile_all = periodic_task("consent.reconcile_all", scheduled_work.reconcile_all)
verify_ledger = periodic_task("consent.verify_ledger", ledger_monitoring.report_ledger_damage)
