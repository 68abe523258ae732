"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.helpdesk.services import question_queue

forget = periodic_task("helpdesk.forget", question_queue.forget_questions)
