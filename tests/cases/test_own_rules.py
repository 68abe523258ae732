"""R2 and R4 to R10, and the good signs: thresholds, windows, order, and what one more fact does."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.cases import positive_rules, sign_rules
from apps.cases.rule_facts import (
    DayMark,
    MoodAnswer,
    NurseVisit,
    QuietSpell,
    RecordedEvent,
    StudentFacts,
    StudyDay,
    TalkAnswer,
    TermGrade,
    WeeklyAnswer,
)
from apps.cases.rule_kinds import PURPOSES, RULE_KINDS, evidence_of, next_opening_day
from apps.cases.rule_sentences import rule_sentence, thresholds_of
from apps.cases.services.shipped_rules import SHIPPED_RULES
from apps.cases.words import fact_in_words

TODAY = dt.date(2026, 11, 20)  # a Friday
ABSENT = "ABSENT_SICK"
P = {code: parameters for code, (_, parameters) in SHIPPED_RULES.items()}


def ago(n):
    return TODAY - dt.timedelta(days=n)


def moods(*pairs):
    return [MoodAnswer(ago(n), "", value) for n, value in pairs]


# -- facts that hypothesis makes: some in the windows, some older or later ------------------------

day = st.integers(-3, 80).map(ago)
at = st.integers(0, 9).map(str)
FACTS = {
    "R1": st.builds(MoodAnswer, day, at, st.integers(0, 4)),
    "R2": st.builds(MoodAnswer, day, at, st.integers(0, 4)),
    "R3": st.builds(DayMark, day, st.sampled_from([ABSENT, "PRESENT", "SUSPENDED", "LATE"])),
    "R4": st.builds(NurseVisit, day, st.sampled_from(["AM", "PM"]), st.sampled_from(["OTHER", "?"])),
    "R5": st.builds(StudyDay, day),
    "R6": st.builds(TalkAnswer, day, at, st.integers(0, 3)),
    "R7": st.builds(RecordedEvent, day, at, st.sampled_from(["bullying", "?"]), day),
    "R8": st.builds(DayMark, day, st.sampled_from([ABSENT, "PRESENT", "SUSPENDED"])),
    "R9": st.builds(WeeklyAnswer, day, at, st.sampled_from(["safe", "fun"]), st.integers(0, 4)),
    "R10": st.builds(
        TermGrade, st.sampled_from([ago(500), ago(230), ago(80)]), st.just("1"),
        st.sampled_from(["J010", "J020", "J030"]), st.integers(0, 5),
        st.sampled_from(["AAA", "ABC", "CCC"]),
    ),
}  # fmt: skip
FACTS |= {"P1": FACTS["R1"], "P2": FACTS["R3"], "P3": FACTS["R1"]}
codes = pytest.mark.parametrize("code", sorted(FACTS))


def same_day_once(facts):
    """Two answers of one moment cannot be told apart; the last one given counts."""
    return list({(type(f), f.on, *f[1:-1]): f for f in facts}.values())


def lists_for(code):
    return st.lists(FACTS[code], max_size=40).map(same_day_once)


LONG_AGO = (ago(40),)


def apply(code, facts, today=TODAY, answered=LONG_AGO):
    by_kind = {}
    for fact in facts:
        by_kind.setdefault(type(fact), []).append(fact)
    known = StudentFacts(by_kind, answered, known_until=today)
    return RULE_KINDS[code].apply(known, today, P[code])


@codes
@given(st.data())
def test_the_order_of_facts_does_not_matter(code, data):
    facts = data.draw(lists_for(code))
    mixed = data.draw(st.permutations(facts))
    assert apply(code, mixed) == apply(code, facts)


@codes
@given(st.data())
def test_no_rule_looks_beyond_its_window(code, data):
    facts = data.draw(lists_for(code))
    first = ago(P[code]["days"])
    inside = [fact for fact in facts if first < fact.on <= TODAY]
    assert apply(code, inside) == apply(code, facts)
    finding = apply(code, facts)
    for fact in finding.facts if finding else ():
        assert first < fact.on <= TODAY


@codes
@given(st.data())
def test_the_evidence_can_be_read_as_words(code, data):
    finding = apply(code, data.draw(lists_for(code)))
    for item in evidence_of(finding) if finding else ():
        if item.get("event", [""])[0] != "?":
            on, words = fact_in_words(item)
            assert words
            assert on <= TODAY


# -- one more fact of the bad kind never takes a sign away ----------------------------------------

recent = st.integers(0, 6).map(ago)
WORSE = {
    "R2": st.builds(MoodAnswer, recent, st.just("z"), st.just(0)),
    "R3": st.builds(DayMark, day, st.just(ABSENT)),
    "R4": st.builds(NurseVisit, day, st.just("AM"), st.just("OTHER")),
    "R6": st.builds(TalkAnswer, day, st.just("z"), st.just(3)),
    "R7": st.builds(RecordedEvent, day, st.just("z"), st.just("bullying"), day),
    "R8": st.builds(DayMark, st.integers(0, 13).map(ago), st.just(ABSENT)),
}


@pytest.mark.parametrize("code", sorted(WORSE))
@given(st.data())
def test_one_more_bad_fact_never_takes_a_sign_away(code, data):
    facts, one = data.draw(lists_for(code)), data.draw(WORSE[code])
    if apply(code, facts):
        assert apply(code, [*facts, one])


@given(lists_for("R5"), recent)
def test_one_more_day_of_study_never_raises_a_sign(facts, on):
    if apply("R5", facts) is None:
        assert apply("R5", [*facts, StudyDay(on)]) is None


@given(lists_for("R9"), st.data())
def test_a_lower_weekly_answer_never_takes_a_sign_away(facts, data):
    if facts and apply("R9", facts):
        n = data.draw(st.integers(0, len(facts) - 1))
        assert apply("R9", [*facts[:n], facts[n]._replace(value=0), *facts[n + 1 :]])


@given(lists_for("R8"), st.integers(0, 9))
def test_one_more_answer_never_raises_the_sign_of_silence(facts, n):
    answered = (ago(40),)
    if apply("R8", facts, answered=answered) is None:
        assert apply("R8", facts, answered=(*answered, ago(n))) is None


@pytest.mark.parametrize("code", ["R2", "R5", "R8"])
@given(st.data())
def test_the_day_on_which_days_alone_raise_a_sign_is_known_before(code, data):
    facts = data.draw(lists_for(code))
    by_kind = {type(facts[0]): facts} if facts else {}
    known = StudentFacts(by_kind, (ago(8),), known_until=TODAY)
    on = next_opening_day(code, known, TODAY, P[code], has_found=False)
    for n in range(1, 8):
        later = TODAY + dt.timedelta(days=n)
        found = apply(code, facts, later, answered=(ago(8),))
        assert code == "R8" or (found is not None) >= (on == later)
        assert not found or on <= later


@given(lists_for("R8"), st.lists(st.integers(0, 40).map(ago)), st.booleans(), st.booleans())
def test_answers_do_not_decide_when_attendance_is_opened_again(facts, days, asks, has_found):
    """A guardian reads on which days the attendance was checked."""
    by_kind = {DayMark: facts}
    silent, answers = StudentFacts(by_kind, (ago(30),)), StudentFacts(by_kind, tuple(days), asks)
    expected = next_opening_day("R8", silent, TODAY, P["R8"], has_found=False)
    assert next_opening_day("R8", answers, TODAY, P["R8"], has_found) == expected


# -- thresholds -----------------------------------------------------------------------------------


def test_r2_speaks_where_the_week_is_one_and_a_half_below_the_own_median():
    usual = [(n, 3) for n in range(8, 14)]
    assert apply("R2", moods(*usual, (1, 1), (3, 2)))
    assert apply("R2", moods(*usual, (1, 2), (3, 2))) is None
    assert apply("R2", moods(*usual[:5], (1, 1), (3, 2))) is None  # seven answers


def test_r2_does_not_compare_with_others():
    always_low = [(n, 1) for n in range(1, 20)]
    assert apply("R2", moods(*always_low)) is None


def test_r4_counts_three_visits_in_fourteen_days():
    visits = [NurseVisit(ago(n), "AM", "COUNSEL") for n in (0, 5, 13)]
    assert len(apply("R4", visits).facts) == 3
    assert apply("R4", [*visits[:2], NurseVisit(ago(14), "AM", "COUNSEL")]) is None


def test_r5_speaks_where_the_active_days_halve():
    before = [StudyDay(ago(n)) for n in (7, 9, 11, 13, 14, 16, 18, 20, 21, 23, 25, 27)]
    assert apply("R5", [*before, StudyDay(ago(1)), StudyDay(ago(3))])
    assert apply("R5", [*before, *(StudyDay(ago(n)) for n in (1, 2, 3))]) is None
    assert apply("R5", before[:5]) is None  # too few to say


def test_r5_says_nothing_of_a_week_of_holidays_and_of_a_source_that_is_late():
    before = [StudyDay(ago(n)) for n in range(7, 28)]
    known = StudentFacts({StudyDay: before}, breaks=[(ago(6), ago(0))], known_until=TODAY)
    assert RULE_KINDS["R5"].apply(known, TODAY, P["R5"]) is None
    late = StudentFacts({StudyDay: before}, known_until=ago(7))
    assert RULE_KINDS["R5"].apply(late, TODAY, P["R5"]) is None
    never = StudentFacts({StudyDay: before}, known_until=None)
    assert RULE_KINDS["R5"].apply(never, TODAY, P["R5"]) is None


def test_r6_speaks_of_today_and_at_once():
    assert apply("R6", [TalkAnswer(TODAY, "", 1)]) is None
    assert apply("R6", [TalkAnswer(TODAY, "", 2)])
    assert apply("R6", [TalkAnswer(TODAY, "", 3)])


def absent(*days_ago):
    return [DayMark(ago(n), ABSENT) for n in days_ago]


def test_r8_needs_ten_quiet_school_days_and_more_absence_than_before():
    assert apply("R8", absent(1, 3), answered=(ago(15),))
    assert apply("R8", absent(1, 3), answered=(ago(10),)) is None  # eight school days
    assert apply("R8", absent(1, 3, 16, 18), answered=(ago(15),)) is None
    assert apply("R8", absent(1), answered=(ago(15),)) is None
    assert apply("R8", absent(1, 3), answered=()) is None
    (*_, spell) = apply("R8", absent(1, 3), answered=(ago(15),)).facts
    assert isinstance(spell, QuietSpell)


def test_r8_is_silent_about_holidays_and_about_who_does_not_want_to_be_asked():
    facts = {DayMark: absent(1, 3)}
    rest = StudentFacts(facts, (ago(15),), asks=False)
    assert RULE_KINDS["R8"].apply(rest, TODAY, P["R8"]) is None
    holidays = StudentFacts(facts, (ago(15),), breaks=[(ago(12), ago(3))])
    assert RULE_KINDS["R8"].apply(holidays, TODAY, P["R8"]) is None


def test_r9_counts_each_item_by_itself():
    low = [WeeklyAnswer(ago(n), "", item, 1) for n, item in ((8, "safe"), (1, "fun"))]
    assert apply("R9", low) is None
    assert apply("R9", [*low, WeeklyAnswer(ago(1), "", "safe", 0)])


def graded(on, *ratings, aspects="BBB"):
    return [TermGrade(on, "1", f"J0{n}0", each, aspects) for n, each in enumerate(ratings)]


def test_r10_compares_the_newest_term_with_the_one_before():
    assert apply("R10", [*graded(ago(230), 5, 4, 3), *graded(ago(80), 3, 2, 3)])
    assert apply("R10", [*graded(ago(230), 5, 4, 3), *graded(ago(80), 3, 3, 3)]) is None
    assert apply("R10", graded(ago(80), 1, 1, 1)) is None
    without = [*graded(ago(230), 0, 0, aspects="AAB"), *graded(ago(80), 0, 0, aspects="BBB")]
    assert apply("R10", without)


def test_good_signs_need_something_bad_before():
    usual = [(n, 1) for n in range(8, 14)]
    assert apply("P1", moods(*usual, (1, 3), (3, 3)))
    assert apply("P1", moods(*usual, (1, 2), (3, 1))) is None
    there = [DayMark(ago(n), "PRESENT") for n in (0, 1, 2)]
    assert apply("P2", [*absent(4, 7, 8, 9), *there])
    assert apply("P2", there) is None
    assert apply("P2", [*absent(0, 7, 8, 9), *there]) is None
    assert apply("P3", moods((25, 3), (2, 3), (1, 3)))
    assert apply("P3", moods((9, 3), (2, 3), (1, 3))) is None


def test_a_return_is_no_sign_where_the_register_says_both():
    both = [DayMark(ago(n), mark) for n in (0, 1, 2) for mark in ("PRESENT", ABSENT)]
    assert positive_rules.find_return(both, TODAY, **P["P2"]) is None


# -- all rules ------------------------------------------------------------------------------------


def test_no_rule_reads_household_income_or_allowances():
    read = {kind.purpose for kind in RULE_KINDS.values()} | {k.also for k in RULE_KINDS.values()}
    assert read <= {*PURPOSES, ""}
    assert not read & {"household", "income", "allowances", "evaluation"}


@pytest.mark.parametrize("code", sorted(SHIPPED_RULES))
def test_every_rule_is_one_sentence_with_all_its_numbers(code):
    numbers = thresholds_of(code, P[code])
    before = rule_sentence(code, P[code])
    for name, bounds in numbers.items():
        assert bounds.least <= P[code][name] <= bounds.most
        other = bounds.least if P[code][name] != bounds.least else bounds.most
        assert rule_sentence(code, P[code] | {name: other}) != before
    assert before.rstrip("。").count("\n") == 0


def test_every_shipped_rule_has_a_kind():
    assert set(SHIPPED_RULES) == set(RULE_KINDS)
    assert sign_rules.ASPECT_LEVELS["A"] > sign_rules.ASPECT_LEVELS["C"]
