"""Periodic tasks."""

from functools import partial

from apps.core.periodic_work import periodic_task
from apps.file_jobs.services import jobs
from apps.notices.services import hidden_content, publication
from apps.notices.services.file_handlers import HANDLERS, READ_TASK

publish_due = periodic_task("notices.publish_due", publication.publish_due)
follow_acts = periodic_task("notices.follow_acts", hidden_content.follow_acts)
read_files = periodic_task(READ_TASK, partial(jobs.run_next, HANDLERS, READ_TASK), **jobs.LIMITS)
