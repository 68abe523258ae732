"""Periodic tasks: read the sources and uploaded files, delete expired records."""

from functools import partial

from apps.core.periodic_work import periodic_task
from apps.file_jobs.services import jobs
from apps.linkage.services import deletion, record_loss, sync_runs
from apps.linkage.services.file_handlers import HANDLERS, READ_TASK

sync_all = periodic_task("linkage.sync_all", sync_runs.sync_all)
follow_acts = periodic_task("linkage.follow_acts", record_loss.follow_acts)
sweep = periodic_task(deletion.SWEEP_TASK, deletion.delete_expired_records)
read_files = periodic_task(READ_TASK, partial(jobs.run_next, HANDLERS, READ_TASK), **jobs.LIMITS)
