"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.file_jobs.services import jobs

sweep = periodic_task("file_jobs.sweep", jobs.forget_over)
