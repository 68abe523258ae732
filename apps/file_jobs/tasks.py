"""Periodic tasks."""

from celery import shared_task

from apps.file_jobs.services import jobs


@shared_task(name="file_jobs.sweep")
def sweep():
    jobs.forget_over()
