from datetime import date, datetime

import pytest

from apps.core.school_years import month_begins, school_year_begins, school_year_of
from apps.core.time_zone import JST, midnight


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2027, 3, 31), 2026), (date(2027, 4, 1), 2027), (date(2027, 12, 31), 2027)],
)
def test_the_school_year_begins_on_the_first_of_april(day, year):
    assert school_year_of(day) == year
    assert school_year_begins(day) == date(year, 4, 1)


@pytest.mark.parametrize(
    ("month", "first"), [(4, date(2026, 4, 1)), (12, date(2026, 12, 1)), (1, date(2027, 1, 1))]
)
def test_a_month_of_a_school_year_may_lie_in_the_next_year(month, first):
    assert month_begins(2026, month) == first


def test_a_day_begins_at_midnight_in_japan():
    begin = midnight(date(2026, 11, 30))
    assert begin == datetime.fromisoformat("2026-11-29T15:00:00+00:00")
    assert begin.tzinfo == JST
