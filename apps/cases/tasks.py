"""Periodic tasks."""

from celery import shared_task

from apps.cases.services import signs


@shared_task(name="cases.sweep")
def sweep():
    signs.update_signs()
