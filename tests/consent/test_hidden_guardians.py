"""Which answers of a guardian who must stay unknown count, and what another one may know of them."""

from typing import NamedTuple

import pytest

from apps.consent.hidden_guardians import deciding_persons, known_to, without_lone_yes

HIDDEN, KNOWN, SECOND = "hidden", "known", "second"


class Said(NamedTuple):
    guardian_id: str | None
    response: str = "given"
    purpose: str = "grades"


def persons(*known, hidden=(HIDDEN,)):
    rows = [(one, f"account of {one}", True) for one in hidden]
    return deciding_persons(rows + [(one, None, False) for one in known])


def test_a_hidden_yes_counts_where_nobody_else_decides():
    assert without_lone_yes([Said(HIDDEN)], persons()) == [Said(HIDDEN)]


def test_a_hidden_yes_waits_for_the_answer_of_everybody_else():
    family = persons(KNOWN, SECOND)
    assert without_lone_yes([Said(HIDDEN), Said(None)], family) == [Said(None)]
    assert without_lone_yes([Said(HIDDEN), Said(KNOWN)], family) == [Said(KNOWN)]
    everybody = [Said(HIDDEN), Said(KNOWN), Said(SECOND, "later")]
    assert without_lone_yes(everybody, family) == everybody


def test_an_answer_about_another_purpose_is_none():
    other = Said(KNOWN, purpose="attendance")
    assert without_lone_yes([Said(HIDDEN), other], persons(KNOWN)) == [other]


@pytest.mark.parametrize("response", ["refused", "withdrawn", "later"])
def test_every_other_answer_of_the_hidden_guardian_counts_at_once(response):
    said = [Said(HIDDEN, response)]
    assert without_lone_yes(said, persons(KNOWN)) == said


def test_a_yes_of_the_known_guardian_never_waits():
    assert without_lone_yes([Said(KNOWN)], persons(KNOWN)) == [Said(KNOWN)]


def test_two_rows_of_one_account_are_one_person_who_is_hidden_if_one_of_them_is():
    family = deciding_persons(
        [(HIDDEN, "account", True), ("in the roster", "account", False), (KNOWN, None, False)]
    )
    assert without_lone_yes([Said("in the roster")], family) == []
    alone = deciding_persons([(HIDDEN, "account", True), ("in the roster", "account", False)])
    assert without_lone_yes([Said(HIDDEN)], alone) == [Said(HIDDEN)]


def test_of_two_hidden_guardians_each_waits_for_the_other():
    family = persons(hidden=(HIDDEN, SECOND))
    assert without_lone_yes([Said(HIDDEN)], family) == []
    both = [Said(HIDDEN), Said(SECOND)]
    assert without_lone_yes(both, family) == both


@pytest.mark.parametrize("response", ["given", "refused", "later"])
def test_the_known_guardian_knows_of_no_answer_of_the_hidden_one(response):
    said = [Said(HIDDEN, response), Said(KNOWN), Said(None)]
    assert known_to(KNOWN, said, persons(KNOWN)) == [Said(KNOWN), Said(None)]


def test_the_hidden_guardian_knows_that_her_own_yes_waits():
    family = persons(KNOWN)
    assert known_to(HIDDEN, [Said(HIDDEN), Said(None)], family) == [Said(None)]
    everybody = [Said(HIDDEN), Said(KNOWN)]
    assert known_to(HIDDEN, everybody, family) == everybody
