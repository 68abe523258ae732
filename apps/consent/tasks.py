"""The clock's door: keys follow what changes without a decision."""

from celery import shared_task

from apps.consent import services


@shared_task(name="consent.settle_all")
def settle_all():
    services.settle_all()


@shared_task(name="consent.verify_ledger")
def verify_ledger():
    services.watch_ledger()


@shared_task(name="consent.make_checkpoint")
def make_checkpoint():
    services.make_checkpoint()
