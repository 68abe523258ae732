"""When a place can be reached, said in words."""

from datetime import date, datetime, time

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.notices import hours

DAILY = [hours.Opening(day, time(16), time(21)) for day in range(7)]
WORKDAYS = [hours.Opening(day, time(8, 30), time(17, 15)) for day in range(5)]
NEW_YEAR = hours.closings("12/29-1/3")


def words(openings, at, **more):
    found = hours.state(datetime.fromisoformat(at), openings, **more)
    return found.is_open, found.words.replace("｜", "").split("《")[0]


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-24T15:59", False),
        ("2026-11-24T16:00", True),
        ("2026-11-24T20:59", True),
        ("2026-11-24T21:00", False),
    ],
)
def test_a_daily_place_opens_and_closes_on_the_minute(at, is_open):
    assert words(DAILY, at)[0] is is_open


def test_before_opening_it_says_from_when_today_and_afterwards_tomorrow():
    assert words(DAILY, "2026-11-24T10:00")[1].startswith("16時")
    assert words(DAILY, "2026-11-24T22:00")[1].startswith("あした 16時")


def test_a_weekday_place_rests_on_weekends_and_holidays():
    friday_night = hours.state(
        datetime(2026, 11, 20, 18), WORKDAYS, is_holiday=jpholiday.is_holiday
    )
    # 23 November is a holiday, so it is Tuesday.
    assert friday_night.is_open is False
    assert "｜火《か》" in friday_night.words


def test_new_year_is_closed_on_both_sides():
    assert words(DAILY, "2026-12-29T18:00", closings=NEW_YEAR)[0] is False
    assert words(DAILY, "2027-01-03T18:00", closings=NEW_YEAR)[0] is False
    assert words(DAILY, "2027-01-04T18:00", closings=NEW_YEAR)[0] is True


def test_unknown_hours_are_not_guessed():
    assert hours.state(datetime(2026, 11, 24, 12), []).is_open is None


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))
def test_a_place_open_always_is_open(at):
    assert hours.state(at, [], always=True).is_open is True


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)), st.sampled_from([DAILY, WORKDAYS]))
def test_there_are_always_words(at, openings):
    found = hours.state(at, openings, closings=NEW_YEAR, is_holiday=jpholiday.is_holiday)
    assert found.words
    assert found.is_open in (True, False)


@pytest.mark.parametrize("text", ["", "年末年始", "13/40-1/1", "1/1", "1/1-x/y"])
def test_a_note_that_is_no_date_closes_nothing(text):
    assert hours.closings(text) == ()


def test_several_stretches_are_read():
    found = hours.closings("12/29-1/3、8/13-8/15")
    assert [one.covers(date(2026, 8, 14)) for one in found] == [False, True]
