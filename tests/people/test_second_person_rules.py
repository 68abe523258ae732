"""One person with two accounts is one person: in every rule that asks for another one."""

import pytest

from tests.people.second_persons import RULES, again


@pytest.fixture(params=RULES, ids=lambda rule: rule.__name__)
def rule(request, cast):
    return request.param(cast)


def test_the_other_account_of_the_first_person_is_refused(rule):
    twin = rule.twin_of(rule.begin())
    assert not rule.is_listed(again(twin))
    with pytest.raises(rule.refusal):
        rule.act(again(twin))
    assert not rule.is_done()


def test_somebody_else_in_the_same_role_is_heard(rule):
    rule.twin_of(rule.begin())
    other = rule.someone_else()
    assert rule.is_listed(again(other)) is not False
    rule.act(again(other))
    assert rule.is_done()
