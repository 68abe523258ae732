"""Periodic tasks."""

from celery import shared_task

from apps.checkins.services import question_retirement, retention


@shared_task(name="checkins.sweep")
def sweep():
    """Delete check-ins that became unreadable by a withdrawal."""
    retention.delete_expired_checkins()


@shared_task(name="checkins.follow_acts")
def follow_acts():
    question_retirement.carry_out_retirements()
