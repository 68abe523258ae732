"""The retention date exceeds nothing that was promised, and reveals no date."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.linkage.retention import kept_until

days_of_a_century = st.dates(date(2020, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("occurred_on", "days", "expected"),
    [
        (date(2026, 11, 20), 365, date(2027, 3, 31)),
        (date(2027, 3, 15), 365, date(2027, 3, 31)),
        (date(2026, 4, 1), 90, date(2026, 6, 1)),
        (date(2026, 11, 20), 30, date(2026, 12, 14)),
        (date(2027, 3, 20), 30, date(2027, 3, 31)),
    ],
)
def test_examples(occurred_on, days, expected):
    assert kept_until(occurred_on, days) == expected


@given(days_of_a_century, st.integers(0, 365))
def test_never_longer_than_the_policy_nor_past_the_school_year(occurred_on, days):
    last = kept_until(occurred_on, days)
    end = date(occurred_on.year + (occurred_on.month >= 4), 3, 31)
    assert last <= min(occurred_on + timedelta(days=days), end)


@given(days_of_a_century, st.integers(7, 365))
def test_it_is_a_monday_a_first_or_the_end_of_the_year(occurred_on, days):
    last = kept_until(occurred_on, days)
    assert last.weekday() == 0 or last.day == 1 or (last.month, last.day) == (3, 31)


@given(days_of_a_century)
def test_a_fact_kept_for_a_school_year_is_kept_on_its_own_day(occurred_on):
    assert kept_until(occurred_on, 365) >= occurred_on
