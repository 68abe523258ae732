"""A student's trend in words, for any answers."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.checkins.trend_rules import (
    APART,
    FEW,
    HEAVIER,
    LIGHTER,
    LOWER,
    STEADY,
    AnswerPoint,
    chart_lines,
    trend,
)
from apps.checkins.words import TREND_WORDS

FIRST = date(2022, 10, 11)
values = st.lists(st.integers(0, 4), max_size=14)


def points(of, version=1):
    return [AnswerPoint(FIRST + timedelta(n), version, value) for n, value in enumerate(of)]


@given(values, st.randoms())
def test_the_order_in_which_answers_are_read_does_not_matter(of, chance):
    shuffled = points(of)
    chance.shuffle(shuffled)
    assert trend(shuffled) == trend(points(of))


@given(values)
def test_the_days_backwards_are_the_opposite(of):
    found, backwards = trend(points(of)), trend(points(of[::-1]))
    assert backwards == found or LIGHTER in (found, backwards)
    assert (found == LIGHTER) == (backwards in (LOWER, HEAVIER))


@given(st.integers(0, 4), st.integers(4, 14))
def test_always_the_same_is_steady(value, n):
    assert trend(points([value] * n)) == STEADY


@given(st.lists(st.integers(0, 4), max_size=3))
def test_few_answers_are_not_compared(of):
    assert trend(points(of)) == FEW


@given(st.lists(st.integers(0, 4), min_size=1), st.lists(st.integers(0, 4), min_size=1))
def test_versions_are_never_compared(old, new):
    later = [AnswerPoint(p.on + timedelta(100), 2, p.value) for p in points(new)]
    assert trend(points(old) + later) == APART


def test_a_clear_rise_and_a_clear_fall_are_said():
    assert trend(points([1, 1, 3, 4])) == LIGHTER
    assert trend(points([4, 3, 1, 1])) == HEAVIER


def test_no_hard_days_are_told_to_who_had_none():
    assert trend(points([4, 4, 2, 2])) == LOWER
    assert trend(points([4, 4, 3, 2, 2])) == LOWER
    assert trend(points([1, 4, 1, 1])) == HEAVIER
    assert trend(points([1, 4, 1, 2])) == LOWER


@given(st.lists(st.integers(2, 4), min_size=3, max_size=13), st.integers(0, 13), st.integers(0, 1))
def test_one_hard_day_among_good_ones_is_no_increase_of_hard_days(good, at, hard):
    assert trend(points([*good[:at], hard, *good[at:]])) != HEAVIER


def test_five_good_days_and_one_bad_one_are_not_called_more_and_more_hard_days():
    assert trend(points([4, 4, 4, 4, 4, 0])) == LOWER
    assert trend(points([4, 4, 4, 4, 0, 0])) == HEAVIER


def test_every_course_has_its_words():
    assert set(TREND_WORDS) == {FEW, APART, STEADY, LIGHTER, LOWER, HEAVIER}


@given(values)
def test_every_point_lies_in_the_picture_once(of):
    runs = chart_lines(points(of), first=FIRST, days=14, top=4, width=560, height=160)
    spots = [spot for run in runs for spot in run]
    assert len(spots) == len(of)
    assert all(0 <= spot.x <= 560 and 0 <= spot.y <= 160 for spot in spots)
    assert [spot.x for spot in spots] == sorted(spot.x for spot in spots)


def test_a_better_day_stands_higher_and_versions_are_not_joined():
    both = [*points([0, 4]), AnswerPoint(FIRST + timedelta(3), 2, 2)]
    first, second = chart_lines(both, first=FIRST, days=14, top=4, width=560, height=160)
    assert first[1].y < first[0].y
    assert len(second) == 1
