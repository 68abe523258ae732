"""The fault run, which is started by hand: its counts and the order of its faults."""

import random
from itertools import islice

import pytest

from tests.faults.fault_injection import FAULTS, schedule
from tests.faults.response_counts import Accepted
from tests.faults.simulated_users import form_of


def line(*times):
    """The line about acts of which each was found so many times."""
    from tests.faults.final_counts import _all_found  # noqa: PLC0415 - models, once Django is set up

    acts = [Accepted("request", None, n) for n in times]
    return _all_found("requests", acts, lambda act: act.key)


def test_every_fault_comes_once_before_one_comes_again():
    order = list(islice(schedule(random.Random(3)), 2 * len(FAULTS)))
    assert set(order[: len(FAULTS)]) == set(order[len(FAULTS) :]) == set(FAULTS)
    assert order == list(islice(schedule(random.Random(3)), 2 * len(FAULTS)))


@pytest.mark.parametrize(("times", "is_broken"), [((1, 1), False), ((1, 0), True), ((1, 2), True)])
def test_what_is_lost_or_there_twice_breaks_the_rule(times, is_broken):
    assert line(*times).broken == is_broken


def test_a_form_is_read_with_what_it_would_send():
    page = (
        '<form><input name="q"></form><form data-ticket="t"><input type="hidden" name="key" '
        'value="1"><input type="radio" name="a" value="2"><input type="radio" name="a" value="3" '
        'checked><textarea name="words">x</textarea><input type="submit" name="go"></form>'
    )
    assert form_of(page, "key") == ({"key": "1", "a": "3", "words": "x"}, {"data-ticket": "t"})
    assert form_of(page, "absent") == ({}, {})
