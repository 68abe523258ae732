"""Check-ins by day and grade: those of past days are counted at night, the others when asked."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Count, Max, QuerySet

from apps.checkins.models import CheckIn
from apps.core.clock import today
from apps.people.models import School, Student
from apps.reports.models import CheckInCount

DAYS_COUNTED = 28


def count_past_days() -> int:
    """Count the check-ins of the last weeks up to yesterday anew; how many counts there are.

    What was withdrawn, came late or moved to another grade since yesterday is in the new counts.
    """
    first, yesterday = today() - timedelta(days=DAYS_COUNTED), today() - timedelta(days=1)
    found = _rows(Student.objects.enrolled(), first, yesterday).values_list(
        "municipality_id", "student__school_id", "student__grade", "answered_on"
    )
    with transaction.atomic():
        CheckInCount.objects.all().delete()
        made = CheckInCount.objects.bulk_create(
            (
                CheckInCount(municipality_id=city, school_id=school, grade=grade, day=day, n=n)
                for city, school, grade, day, n in found.annotate(n=Count("pk"))
            ),
            ignore_conflicts=True,  # of another run at the same moment
        )
    return len(made)


def checkins_by_day(schools: QuerySet[School], first: date, last: date) -> dict[date, Counter]:
    """{day: {grade: check-ins}} of the students enrolled at these schools.

    Days since the last count are read now: today, and every day where nothing was counted yet.
    """
    counted = CheckInCount.objects.filter(school__in=schools, day__range=(first, last))
    until = counted.aggregate(last=Max("day"))["last"]
    days = _summed(counted.values_list("day", "grade", "n"))
    students = Student.objects.enrolled().filter(school__in=schools)
    since = first if until is None else until + timedelta(days=1)
    live = _rows(students, since, last).values_list("answered_on", "student__grade")
    return days | _summed(live.annotate(n=Count("pk")))


def _rows(students: QuerySet[Student], first: date, last: date) -> QuerySet[CheckIn]:
    rows = CheckIn.objects.filter(student__in=students, answered_on__range=(first, last))
    return rows.order_by()


def _summed(found: Iterable[tuple[date, str, int]]) -> dict[date, Counter]:
    days: dict[date, Counter] = {}
    for day, grade, n in found:
        days.setdefault(day, Counter())[grade] += n
    return days
