"""Celery tasks of self-info sessions."""

from celery import shared_task

from apps.selfinfo.services import session_steps


@shared_task(name="selfinfo.advance_sessions")
def advance_sessions():
    session_steps.advance_sessions()


@shared_task(name="selfinfo.delete_old_sessions")
def delete_old_sessions():
    session_steps.delete_old_sessions()
