"""The truth about hours, for any moment and any opening times."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.helpline.hours import JST, is_working_day, watch

OPENS, CLOSES = time(8, 30), time(16, 30)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("now", "is_open", "next_at"),
    [
        ("2022-10-11T10:00", True, "2022-10-11T10:00"),
        ("2022-10-11T16:30", False, "2022-10-12T08:30"),
        ("2022-10-11T07:00", False, "2022-10-11T08:30"),
        ("2022-10-07T18:00", False, "2022-10-11T08:30"),  # weekend, then スポーツの日
    ],
)
def test_known_moments(now, is_open, next_at):
    found = watch(at(now), OPENS, CLOSES)
    assert (found.is_open, found.next_at) == (is_open, at(next_at))


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.integers(0, 22 * 60),
    st.integers(1, 60),
)
def test_a_promise_is_never_in_the_past_and_always_on_a_working_day(moment, begins, lasts):
    now = moment.replace(tzinfo=JST)
    opens = (datetime(2020, 1, 1) + timedelta(minutes=begins)).time()  # noqa: DTZ001
    closes = (datetime(2020, 1, 1) + timedelta(minutes=begins + lasts)).time()  # noqa: DTZ001
    found = watch(now, opens, closes)
    assert found.next_at >= now
    assert is_working_day(found.next_at.date())
    assert watch(found.next_at, opens, closes).is_open


def test_a_holiday_is_no_working_day():
    assert not is_working_day(date(2022, 10, 10))
    assert not is_working_day(date(2022, 10, 9))
    assert is_working_day(date(2022, 10, 11))
