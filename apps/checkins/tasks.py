"""Periodic tasks."""

from apps.checkins.services import question_retirement, retention, withheld_words
from apps.core.periodic_work import periodic_task

sweep = periodic_task(retention.SWEEP_TASK, retention.delete_expired_checkins)
raise_words = periodic_task("checkins.raise_words", withheld_words.raise_unopened)
follow_acts = periodic_task("checkins.follow_acts", question_retirement.carry_out_retirements)
