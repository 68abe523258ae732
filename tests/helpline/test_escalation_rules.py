"""The escalation rules: always a last responder, due times never go backwards, each step once."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.time_zone import JST
from apps.helpline.duty_hours import DutyWeek, duty_availability
from apps.helpline.escalation_rules import (
    ALL,
    FIRST,
    LAST,
    SECOND,
    STEP_KINDS,
    DutyContacts,
    EscalationWaits,
    NobodyToCall,
    people_to_call,
    step_due_at,
    step_kind,
)
from tests.helpline.test_duty_hours import moments, weeks

SCHOOL = DutyWeek({day: (time(8, 30), time(16, 30)) for day in range(5)})
HERE = DutyContacts(
    "nurse", "counsellor", "principal", frozenset({"nurse", "counsellor", "principal"})
)
waits = st.lists(st.integers(1, 480), min_size=3, max_size=3, unique=True).map(
    lambda found: EscalationWaits(*sorted(found))
)
somebody = st.one_of(st.none(), st.sampled_from("abcdef"))
places = st.builds(
    DutyContacts, somebody, somebody, somebody, st.frozensets(st.sampled_from("abcdef")), somebody
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("number", "due"),
    [
        (1, "2026-11-24T16:20"), (2, "2026-11-24T16:25"), (3, "2026-11-25T08:35"),
        (4, "2026-11-25T08:50"), (5, "2026-11-26T08:30"),
    ],
)  # fmt: skip
def test_a_request_sent_before_the_evening_escalates_in_the_morning(number, due):
    before = at("2026-11-25T08:50") if number == 5 else None
    sent = at("2026-11-24T16:20")
    assert step_due_at(number, sent, EscalationWaits(5, 15, 30), SCHOOL, before) == at(due)


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        (FIRST, ["nurse"]), (SECOND, ["counsellor"]), (LAST, ["principal"]),
        (ALL, ["nurse", "counsellor", "principal"]),
    ],
)  # fmt: skip
def test_each_step_has_its_people(kind, called):
    assert people_to_call(kind, HERE) == called


def test_whom_the_student_chose_is_called_and_besides_only_the_last_responder():
    chosen = replace(HERE, chosen="teacher", able=HERE.able | {"teacher"})
    assert people_to_call(FIRST, chosen) == ["teacher"]
    assert people_to_call(SECOND, chosen) == ["principal"]
    assert people_to_call(ALL, chosen) == ["teacher", "principal"]


def test_who_has_opened_it_is_not_called_again():
    seen = replace(HERE, opened=frozenset({"principal"}))
    assert people_to_call(ALL, seen) == ["nurse", "counsellor"]
    assert people_to_call(LAST, seen) == []


def test_who_left_is_passed_over_for_the_last_responder():
    gone = replace(HERE, able=frozenset({"principal", "a", "z"}))
    assert people_to_call(SECOND, gone) == ["principal"]
    assert people_to_call(LAST, replace(HERE, able=frozenset({"z"}))) == ["z"]


@pytest.mark.parametrize("wrong", [(0, 5, 9), (5, 5, 9), (5, 9, 9), (9, 5, 12)])
def test_waits_must_rise(wrong):
    with pytest.raises(ValueError, match="longer"):
        EscalationWaits(*wrong)


def test_a_request_to_somebody_reaches_nobody_else_when_that_one_and_the_last_have_left():
    gone = replace(HERE, chosen="teacher", able=frozenset({"nurse", "counsellor"}))
    with pytest.raises(NobodyToCall):
        people_to_call(ALL, gone)


@given(st.sampled_from(STEP_KINDS), places)
def test_no_step_reaches_nobody_while_anybody_can_be_told(kind, found):
    if not (found.able if found.chosen is None else found.able & {found.chosen, found.last}):
        with pytest.raises(NobodyToCall):
            people_to_call(kind, found)
        return
    called = people_to_call(kind, found)
    assert called
    assert set(called) <= found.able
    assert len(called) == len(set(called))


@given(places)
def test_no_path_ends_without_the_last_responder(found):
    found = replace(found, able=found.able | {found.last})
    called = [people_to_call(step_kind(number), found) for number in range(1, 6)]
    assert found.last in called[2]
    assert all(found.last in called_at for called_at in called[2:])


@given(moments, weeks, waits, st.lists(st.integers(0, 5000), min_size=7, max_size=7))
def test_time_never_runs_backwards_and_every_step_is_in_hours(sent, week, found, late):
    """However late a worker is with each step, the next is neither before it nor at night."""
    done, before = None, sent
    for number, seconds in enumerate(late, start=1):
        due = step_due_at(number, sent, found, week, done)
        assert due >= before
        assert duty_availability(due, week).is_open
        assert number <= len(STEP_KINDS) or due > before
        before = done = due + timedelta(seconds=seconds)


@given(moments, weeks, waits)
def test_the_plan_alone_is_in_order(sent, week, found):
    due = [step_due_at(number, sent, found, week) for number in range(1, 5)]
    assert due == sorted(due)
    assert len(set(due)) == 4
