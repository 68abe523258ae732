"""The table of a session's transitions: pure, literal, and the same as in the database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.selfinfo import session_states as states
from apps.selfinfo import words

ORDER = ["created", "authorising", "requested", "polling", "fetched", "reduced", "discarded"]


def test_the_good_way_leads_from_the_first_tap_to_the_discarded_answer():
    for state, to in zip(ORDER, ORDER[1:], strict=False):
        states.check_transition(state, to)
    states.check_transition("requested", "notified")
    states.check_transition("notified", "fetched")


def test_nothing_leads_out_of_an_end():
    assert {
        "discarded", "no_data", "unsupported", "denied", "expired", "error",
    } == states.ENDED_STATES  # fmt: skip
    for state in states.ENDED_STATES:
        for to in states.TRANSITIONS:
            with pytest.raises(states.InvalidSessionTransition):
                states.check_transition(state, to)


def test_every_open_state_can_fail_and_none_leads_backwards():
    for state in states.OPEN_STATES - {"reduced"}:
        assert {"denied", "expired", "error"} <= states.TRANSITIONS[state]
    for early in ("created", "authorising", "requested"):
        assert all(early not in states.TRANSITIONS[late] for late in ORDER[ORDER.index(early) :])


def test_nothing_is_discarded_that_was_not_reduced():
    assert [s for s, following in states.TRANSITIONS.items() if "discarded" in following] == [
        "reduced"
    ]


@given(st.integers(1, 1000), st.one_of(st.none(), st.integers(0, 1800)))
def test_a_pause_is_five_seconds_to_a_minute_and_never_less_than_was_asked_for(n, wanted):
    found = states.poll_delay(n, wanted)
    assert timedelta(seconds=max(5, wanted or 0)) <= found
    assert found <= timedelta(seconds=max(60, wanted or 0))


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        (["kept", "not_answered", "unreadable"], "discarded"),
        (["nothing", "nothing"], "no_data"),
        (["nothing", "not_answered"], "no_data"),
        (["not_answered"], "unsupported"),
        (["unreadable", "nothing"], "error"),
        (["taken_back", "nothing"], "no_data"),
        (["taken_back"], "denied"),
    ],
)
def test_what_came_is_kept_whatever_became_of_the_rest(outcomes, state):
    assert states.final_state(dict(enumerate(outcomes))) == state


def test_every_state_has_its_words():
    assert set(words.STEP_WORDS) == set(states.TRANSITIONS)
    for state in states.TRANSITIONS:
        if state not in ("fetched", "reduced"):  # never seen: they pass in one transaction
            assert all(words.session_status_words(state, ""))
    assert words.session_status_words("error", "something new") == words.session_status_words(
        "error", ""
    )
    assert set(words.STAFF_REASONS) <= {why for _, why in words.STATUS_WORDS}
