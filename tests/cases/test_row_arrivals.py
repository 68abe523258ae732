"""A rule opens a student's rows again when one has appeared, in whatever order they were committed."""

import datetime as dt

import pytest

from apps.cases.row_arrivals import COMMITTED_WITHIN, SeenRows, has_news, rows_seen

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def minutes(n):
    return NOON + dt.timedelta(minutes=n)


def test_the_newest_row_and_those_of_the_hour_before_it_are_remembered():
    arrivals = {NOON: 2, minutes(59): 1, NOON - COMMITTED_WITHIN: 7}
    assert rows_seen(arrivals) == SeenRows(minutes(59), 3)


@pytest.mark.parametrize(
    ("arrivals", "is_news"),
    [
        ({NOON: 2}, False),  # as it was
        ({NOON: 3}, True),  # another of the same time
        ({NOON: 2, minutes(1): 1}, True),  # a newer one
        ({NOON: 2, minutes(-5): 1}, True),  # an older one that was committed later
        ({NOON: 1}, False),  # one was deleted
        ({NOON: 2, minutes(-61): 9}, False),  # longer ago than any transaction lasts
    ],
)
def test_news_is_every_row_that_was_not_there(arrivals, is_news):
    assert has_news(arrivals, SeenRows(NOON, 2)) is is_news


def test_a_student_whom_the_rule_has_never_seen_is_news():
    assert has_news({NOON: 1}, None)
