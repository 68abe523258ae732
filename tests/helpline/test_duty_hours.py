"""Duty hours, for any moment, week and breaks."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.time_zone import JST
from apps.helpline.duty_hours import (
    DutyAvailability,
    DutyWeek,
    NoDutyHours,
    after_duty_minutes,
    duty_availability,
    duty_minutes_between,
    next_duty_opening,
)

SCHOOL = DutyWeek({day: (time(8, 30), time(16, 30)) for day in range(5)})


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
    found = duty_availability(at(now), SCHOOL)
    assert (found.is_open, found.next_at) == (is_open, at(next_at))


def test_each_weekday_has_its_own_hours():
    week = DutyWeek({1: (time(10), time(12)), 3: (time(13), time(15))})
    assert duty_availability(at("2022-10-11T12:00"), week).next_at == at("2022-10-13T13:00")


def test_a_break_is_left_out_however_long_it_is():
    summer = DutyWeek(SCHOOL.hours, [(date(2026, 7, 18), date(2026, 8, 31))])
    assert duty_availability(at("2026-07-17T17:00"), summer).next_at == at("2026-09-01T08:30")


@pytest.mark.parametrize(
    ("begin", "minutes", "due"),
    [
        ("2022-10-11T10:00", 5, "2022-10-11T10:05"),
        ("2022-10-11T16:28", 5, "2022-10-12T08:33"),  # the night does not count
        ("2022-10-11T16:25", 5, "2022-10-12T08:30"),  # nobody looks at the very end
        ("2022-10-07T20:00", 0, "2022-10-11T08:30"),
    ],
)
def test_duty_minutes_stop_when_nobody_looks(begin, minutes, due):
    assert after_duty_minutes(at(begin), minutes, SCHOOL) == at(due)


def test_a_week_without_hours_is_never_open():
    with pytest.raises(NoDutyHours):
        duty_availability(at("2022-10-11T10:00"), DutyWeek({}))


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=JST)
)
spans = st.tuples(st.integers(0, 23 * 60), st.integers(1, 59)).map(
    lambda pair: (
        (datetime(2020, 1, 1) + timedelta(minutes=pair[0])).time(),  # noqa: DTZ001
        (datetime(2020, 1, 1) + timedelta(minutes=sum(pair))).time(),  # noqa: DTZ001
    )
)
breaks = st.lists(
    st.tuples(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 50)).map(
        lambda pair: (pair[0], pair[0] + timedelta(days=pair[1]))
    ),
    max_size=3,
)
weeks = st.builds(
    DutyWeek, st.dictionaries(st.integers(0, 6), spans, min_size=1, max_size=7), breaks
)  # fmt: skip


@given(moments, weeks)
def test_a_promised_time_is_never_in_the_past_and_always_on_a_duty_day(now, week):
    found = duty_availability(now, week)
    assert found.next_at >= now
    assert week.is_duty_day(found.next_at.astimezone(JST).date())
    assert duty_availability(found.next_at, week).is_open


@given(moments, weeks, st.integers(0, 600))
def test_what_was_counted_forward_is_counted_back(begin, week, minutes):
    due = after_duty_minutes(begin, minutes, week)
    assert due >= begin
    assert duty_availability(due, week).is_open
    assert abs(duty_minutes_between(begin, due, week) - minutes) < 1e-6


@given(moments, weeks)
def test_the_next_opening_is_ahead_and_open(moment, week):
    opens = next_duty_opening(moment, week)
    assert opens > moment
    assert duty_availability(opens, week) == DutyAvailability(True, opens)
