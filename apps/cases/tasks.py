"""The clock asks the rules."""

from celery import shared_task

from apps.cases import services


@shared_task(name="cases.sweep")
def sweep():
    services.sweep()
