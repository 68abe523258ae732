"""The clock reads the sources and deletes what is over."""

from celery import shared_task

from apps.linkage import services


@shared_task(name="linkage.sync_all")
def sync_all():
    services.sync_all()


@shared_task(name="linkage.sweep")
def sweep():
    services.sweep()
