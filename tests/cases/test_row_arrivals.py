"""A rule opens a student's rows again when one has appeared, in whatever order they were committed."""

import datetime as dt

from apps.cases.models import RuleCheck
from apps.cases.row_arrivals import COMMITTED_WITHIN, SeenRows
from apps.cases.services.arrivals import NOTE_CHECKS, students_with_news
from apps.checkins.models import CheckIn
from apps.core.sql_batches import fetch_prepared
from tests import factories
from tests.cases.sealed_rows import put_checkins

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
CASES = [  # (minutes after noon at which rows arrived, whether that is news after two at noon)
    ([0, 0], False),  # as it was
    ([0, 0, 0], True),  # another of the same time
    ([0, 0, 1], True),  # a newer one
    ([0, 0, -5], True),  # an older one that was committed later
    ([0], False),  # one was deleted
    ([0, 0, -61, -61, -90], False),  # longer ago than any transaction lasts
]


def test_news_is_every_row_that_was_not_there(cast):
    """And of those with news the newest row and those of the hour before it are remembered."""
    assert dt.timedelta(hours=1) == COMMITTED_WITHIN  # as the SQL says
    students = [factories.student(cast.class_1, number=50 + n) for n in range(len(CASES))]
    for student, (minutes, _) in zip(students, CASES, strict=True):
        put_checkins(student, [NOON + dt.timedelta(minutes=n) for n in minutes])
        RuleCheck.objects.create(
            municipality=cast.city, student=student, purpose="checkin_review", rules="R1/1",
            newest_at=NOON, rows_seen=2,
        )  # fmt: skip
    rows = CheckIn.objects.filter(student__in=students)
    news = [student.pk for student, (_, is_news) in zip(students, CASES, strict=True) if is_news]
    found = students_with_news(rows, "checkin_review", "R1/1", [])
    assert set(found) == set(news)
    assert found[news[1]] == SeenRows(NOON + dt.timedelta(minutes=1), 3)
    anyway = students_with_news(rows, "checkin_review", "R1/1", [students[5].pk])
    assert anyway[students[5].pk] == SeenRows(NOON, 2)
    # what other rules saw is news
    assert len(students_with_news(rows, "checkin_review", "R1/2", [])) == len(CASES)


def test_a_check_is_noted_once_a_student_and_purpose(cast):
    said = {
        "city": cast.city.pk, "purpose": "attendance", "rules": "R3/1",
        "students": [cast.sakura.pk], "newest": [NOON], "rows_seen": [3], "waiting": [True],
        "next_on": [dt.date(2026, 12, 1)],
    }  # fmt: skip
    fetch_prepared(NOTE_CHECKS, said)
    fetch_prepared(NOTE_CHECKS, {**said, "rules": "R3/2", "waiting": [False], "next_on": [None]})
    (check,) = RuleCheck.objects.all()
    assert (check.rules, check.is_waiting, check.next_on) == ("R3/2", False, None)
    assert check.seen == SeenRows(NOON, 3)
