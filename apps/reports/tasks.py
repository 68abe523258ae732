"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.reports.services import checkin_counts

count_past_days = periodic_task("reports.count_past_days", checkin_counts.count_past_days)
