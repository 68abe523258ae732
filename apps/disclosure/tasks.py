"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.disclosure.services import unusual_looks

find_unusual_looks = periodic_task(
    "disclosure.find_unusual_looks",
    unusual_looks.find_unusual_looks,
    unusual_looks.forget_old_looks,
)
