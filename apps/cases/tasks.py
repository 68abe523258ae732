"""Periodic tasks."""

from apps.cases.services import signs
from apps.core.periodic_work import periodic_task

sweep = periodic_task("cases.sweep", signs.update_signs)
