"""Periodic tasks of posts."""

from apps.core.periodic_work import periodic_task
from apps.staffing.services import appointments, renewals

follow_acts = periodic_task("staffing.follow_acts", appointments.apply_post_acts)
sweep_posts = periodic_task("staffing.sweep_posts", renewals.sweep_renewals)
