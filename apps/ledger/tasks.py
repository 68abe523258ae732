"""The scheduled work of the ledger."""

from celery import shared_task

from apps.ledger.services import checkpoints


@shared_task(name="ledger.make_checkpoint")
def make_checkpoint():
    checkpoints.make_checkpoint()
