"""One person with two accounts is one person: in every rule that asks for another one."""

import re
import uuid
from pathlib import Path

import pytest

from apps.helpline.services import duty_rosters, transitions
from apps.people.models import Guardian, Guardianship, Role
from apps.people.services import act_queries, act_witnesses, pending_acts
from apps.people.services.person_accounts import (
    accounts_of_person,
    children_of_person,
    count_persons,
)
from apps.people.services.solo_acts import people_reached_today
from tests import factories
from tests.people import second_person_scenarios
from tests.people.second_person_scenario import again
from tests.people.second_person_scenarios import RULES


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


# -- of their own children -----------------------------------------------------------------------


def as_parent(post, student):
    """This member of staff is a guardian of the student, with another account."""
    guardian = factories.guardian(student, "おや", f"{uuid.uuid4().hex[:6]}@example.com")
    post.master_id = uuid.uuid4()
    post.save(update_fields=["master_id"])
    Guardian.objects.filter(pk=guardian.pk).update(master_id=post.master_id)
    return post


@pytest.mark.parametrize(
    ("kind", "child"),
    [("EmergencyByOpener", "ren"), ("ReviewOfOwnAccess", "sakura"), ("PaperByEnterer", "sakura"),
     ("ArrivalByPrinter", "sakura"), ("FirstPinByPrinter", "sakura")],
)  # fmt: skip
def test_nobody_is_the_second_person_about_their_own_child(cast, kind, child):
    rule = getattr(second_person_scenarios, kind)(cast)
    rule.begin()
    parent = as_parent(rule.someone_else(), getattr(cast, child))
    assert not rule.is_listed(again(parent))
    with pytest.raises(rule.refusal):
        rule.act(again(parent))
    assert not rule.is_done()


def test_nobody_opens_their_own_child_in_urgency(cast):
    parent = as_parent(cast.homeroom, cast.ren)
    rule = second_person_scenarios.EmergencyByOpener(cast)
    rule.cast.homeroom = parent
    parent.user = again(parent)
    with pytest.raises(rule.refusal, match="自分の子ども"):
        rule.begin()


def test_who_hands_out_a_card_is_no_witness_in_another_of_their_posts(cast):
    twin = factories.second_account(cast.homeroom, Role.NURSE, at=cast.school)
    by_account = again(twin)
    twin.user, twin.pk = cast.homeroom.user, uuid.uuid4()
    twin.save(force_insert=True)
    by_choice = again(cast.homeroom)
    by_choice.current_posts = [twin]  # as ChosenPostMiddleware leaves it
    for user in (by_account, by_choice):
        why = act_witnesses.why_card_handler("pin.reset", cast.sakura, user, set())
        assert why == act_witnesses.HANDS_OUT_CARDS
        assert not act_witnesses.why_card_handler("pin.reset", cast.ren, user, set())


# -- which accounts are one person's -----------------------------------------------------------------


def test_staff_and_guardian_of_one_master_id_are_one_person(cast):
    parent = as_parent(cast.nurse, cast.ren)
    guardian = Guardian.objects.get(master_id=parent.master_id)
    assert accounts_of_person(again(parent)) == {parent.user_id, guardian.user_id}
    assert children_of_person(again(parent)) == {cast.ren.pk}
    Guardian.objects.filter(pk=guardian.pk).update(user=None)
    assert children_of_person(again(parent)) == {
        cast.ren.pk
    }  # without an account of the guardian's too
    assert Guardianship.objects.filter(guardian=guardian).exists()


def test_accounts_joined_over_a_third_are_one_person(cast):
    second = factories.second_account(cast.nurse, Role.TEACHER, at=cast.school)
    other = factories.staff_post(Role.OFFICE, cast.school)
    other.user, other.master_id = second.user, uuid.uuid4()
    other.save(update_fields=["user", "master_id"])
    third = factories.second_account(other, Role.CITY)
    everything = {cast.nurse.user_id, second.user_id, third.user_id}
    assert all(
        accounts_of_person(again(post)) == everything for post in (cast.nurse, second, third)
    )
    assert count_persons([*everything, cast.homeroom.user_id]) == 2


def test_two_accounts_of_one_person_count_once_among_who_can_confirm(cast):
    def n():
        return act_queries.count_possible_confirmers(
            "sessions.end", cast.city.pk, cast.school.pk, but=again(cast.officer), role="city"
        )

    before = n()
    factories.second_account(cast.principal, Role.PRIVACY)
    factories.second_account(cast.officer, Role.PRIVACY)
    assert n() == before
    factories.staff_post(Role.PRIVACY, of=cast.city)
    assert n() == before + 1


def test_a_second_account_gives_no_second_allowance_of_the_day(cast):
    cards = "codes.renew"
    twin = factories.second_account(cast.homeroom, Role.HELPDESK)
    pending_acts.propose(
        cards, thing_id=cast.class_1.pk, title="x", municipality_id=cast.city.pk,
        school_id=cast.school.pk, by=again(cast.homeroom), reason="なくしたため",
        preview={"cards": 1, "letters": 0},
    )  # fmt: skip
    assert people_reached_today(cards, again(twin), cast.city.pk, cast.school.pk) == 1


def test_first_second_and_last_are_three_people(cast, sign_in):
    roster = factories.duty_roster(cast, on=False)
    roster.second = factories.second_account(cast.nurse, Role.TEACHER, at=cast.school).user
    roster.save()
    with pytest.raises(transitions.DutyCommitmentRefused, match="別の人"):
        duty_rosters.switch_on(roster, by=cast.principal.user)


# -- nothing compares the account alone --------------------------------------------------------------

# What names an account and no person: whose row it is, not who else must act.
COMPARES = re.compile(r"(_by_id|\.user_id|\bactor_id) (==|!=) (by|user|request\.user)\.pk|"
                      r"exclude\((user|pk|actor|\w+_by)=(user|by)(\.pk)?\)")  # fmt: skip
OF_ONE_ACCOUNT = {
    "apps/consent/pages.py", "apps/disclosure/services/corrections.py", "apps/consent/services/purpose_status.py",
    "apps/consent/services/decision_context.py", "apps/consent/services/certificates.py",
    "apps/consent/services/respondents.py", "apps/staffing/admin/invitations.py",
    "apps/registration/services/letter_files.py", "apps/staffing/services/access_lists.py",
    "apps/registration/services/family_registrations.py",
    "apps/selfinfo/services/offers.py", "apps/people/admin_bases/edit_conflicts.py",
    "apps/people/permissions.py", "apps/push/services/subscriptions.py", "apps/registration/services/own_registrations.py",
    "apps/registration/services/letters.py", "apps/disclosure/services/personal_data.py",
}  # fmt: skip


def test_no_other_rule_compares_accounts_where_it_means_people():
    found = {
        path.as_posix()
        for path in Path("apps").rglob("*.py")
        if "migrations" not in path.parts and COMPARES.search(path.read_text())
    }
    assert found <= OF_ONE_ACCOUNT
