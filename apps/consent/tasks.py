"""The scheduled work of consent: keys follow what changes without a decision."""

from celery import shared_task

from apps.consent.services import ledger_monitoring, scheduled_work


@shared_task(name="consent.reconcile_all")
def reconcile_all():
    scheduled_work.reconcile_all()


@shared_task(name="consent.verify_ledger")
def verify_ledger():
    ledger_monitoring.report_ledger_damage()
