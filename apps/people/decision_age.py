"""From which age a student decides alone, without guardians."""

from datetime import date

from django.db.models import Q

from apps.core import clock
from apps.people.models import Student

DECIDES_ALONE_FROM = 16  # years; a municipality's own document may differ for one purpose


def decides_alone(student: Student) -> bool:
    """Whether the student has certainly reached that age today."""
    since = student.reaches_age_on(DECIDES_ALONE_FROM)
    return since is not None and since <= clock.today()


def not_deciding_alone() -> Q:
    """A Q for students who do not decide alone yet, or whose age is unknown."""
    today = clock.today()
    last = date(
        today.year - DECIDES_ALONE_FROM, today.month, 1
    )  # born before this month: certainly 16
    return Q(birth_month=None) | Q(birth_month__gte=last)
