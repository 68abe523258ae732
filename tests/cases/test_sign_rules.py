"""The sign rules: thresholds, and monotonicity."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from apps.cases.rule_facts import DayMark, MoodAnswer
from apps.cases.sign_rules import find_absences, find_low_mood

TODAY = dt.date(2026, 11, 20)  # a Friday
R1 = {"at_most": 1, "in_a_row": 3, "days": 30}
R3 = {
    "days": 30,
    "absences": 5,
    "in_a_row": 3,
    "counts": ["ABSENT_SICK", "ABSENT_OTHER", "UNKNOWN"],
}

days = st.integers(0, 60).map(lambda n: TODAY - dt.timedelta(days=n))
marks = st.sampled_from(["PRESENT", "ABSENT_SICK", "ABSENT_OTHER", "SUSPENDED", "LATE", "UNKNOWN"])
attendance = st.lists(st.builds(DayMark, days, marks), max_size=40)
moods = st.lists(
    st.builds(MoodAnswer, days, st.integers(0, 99).map(str), st.integers(0, 4)),
    max_size=30, unique_by=lambda mood: (mood.on, mood.at),
)  # fmt: skip


def ago(*numbers, mark="ABSENT_SICK"):
    return [DayMark(TODAY - dt.timedelta(days=n), mark) for n in numbers]


def felt(*values):
    start = TODAY - dt.timedelta(days=len(values))
    return [MoodAnswer(start + dt.timedelta(days=n), "", value) for n, value in enumerate(values)]


def test_three_low_answers_in_a_row_begin_at_exactly_one():
    assert find_low_mood(felt(1, 1), TODAY, **R1) is None
    assert find_low_mood(felt(1, 0, 1), TODAY, **R1).facts == tuple(felt(1, 0, 1))
    assert find_low_mood(felt(1, 1, 2, 1), TODAY, **R1) is None
    assert find_low_mood(felt(2, 1, 1, 1), TODAY, **R1).facts == tuple(felt(2, 1, 1, 1)[1:])


def test_five_absences_count_within_thirty_days_only():
    assert find_absences(ago(1, 6, 10, 15), TODAY, **R3) is None
    assert len(find_absences(ago(1, 6, 10, 15, 29), TODAY, **R3).facts) == 5
    assert find_absences(ago(1, 6, 10, 15, 30), TODAY, **R3) is None


def test_three_school_days_in_a_row_reach_over_a_weekend_and_a_holiday():
    assert find_absences(ago(1, 2), TODAY, **R3) is None
    assert len(find_absences(ago(1, 2, 3), TODAY, **R3).facts) == 3
    assert len(find_absences(ago(0, 1, 2), TODAY, **R3).facts) == 3
    over_weekend = [DayMark(dt.date(2026, 11, day), "UNKNOWN") for day in (13, 16, 17)]
    assert find_absences(over_weekend, TODAY, **R3)
    over_culture_day = [DayMark(dt.date(2026, 11, day), "UNKNOWN") for day in (2, 4, 5)]
    assert find_absences(over_culture_day, TODAY, **R3)
    over_summer = [
        DayMark(dt.date(2026, 7, 16), "UNKNOWN"),
        DayMark(dt.date(2026, 7, 17), "UNKNOWN"),
    ]
    over_summer.append(DayMark(dt.date(2026, 8, 27), "UNKNOWN"))
    summer, then = [(dt.date(2026, 7, 18), dt.date(2026, 8, 26))], dt.date(2026, 8, 28)
    wide = {**R3, "days": 60}
    assert find_absences(over_summer, then, **wide, breaks=summer)
    assert find_absences(over_summer, then, **wide) is None
    with_a_day_between = [DayMark(dt.date(2026, 11, day), "UNKNOWN") for day in (12, 16, 17)]
    assert find_absences(with_a_day_between, TODAY, **R3) is None


def test_excused_days_are_no_absences_and_break_no_run():
    assert find_absences(ago(*range(10), mark="SUSPENDED"), TODAY, **R3) is None
    assert find_absences(ago(1, 2, 4) + ago(3, mark="BEREAVEMENT"), TODAY, **R3)


@given(attendance, days, st.sampled_from(R3["counts"]))
def test_one_more_absence_never_takes_a_sign_away(facts, day, mark):
    if find_absences(facts, TODAY, **R3):
        assert find_absences([*facts, DayMark(day, mark)], TODAY, **R3)


@given(attendance, st.randoms(use_true_random=False))
def test_the_order_of_attendance_does_not_matter(facts, random):
    shuffled = random.sample(facts, len(facts))
    assert find_absences(shuffled, TODAY, **R3) == find_absences(facts, TODAY, **R3)


@given(attendance)
def test_evidence_of_absence_is_absences_of_the_window(facts):
    finding = find_absences(facts, TODAY, **R3)
    for fact in finding.facts if finding else ():
        assert fact in facts
        assert fact.mark in R3["counts"]
        assert (TODAY - fact.on).days < 30


@given(moods, st.data())
def test_a_lower_answer_never_takes_a_sign_away(facts, data):
    if facts and find_low_mood(facts, TODAY, **R1):
        n = data.draw(st.integers(0, len(facts) - 1))
        lower = MoodAnswer(facts[n].on, facts[n].at, 0)
        assert find_low_mood([*facts[:n], lower, *facts[n + 1 :]], TODAY, **R1)


@given(moods, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(facts, random):
    shuffled = random.sample(facts, len(facts))
    assert find_low_mood(shuffled, TODAY, **R1) == find_low_mood(facts, TODAY, **R1)


@given(moods)
def test_evidence_of_low_mood_is_a_long_enough_run_of_low_answers(facts):
    finding = find_low_mood(facts, TODAY, **R1)
    if finding:
        assert len(finding.facts) >= 3
        assert all(mood.value <= 1 for mood in finding.facts)
        assert list(finding.facts) == sorted(finding.facts)
