"""One person with two accounts is one person: in every rule that asks for another one."""

import re
import uuid
from pathlib import Path

import pytest

from apps.helpline import services as helpline
from apps.people import pending_acts
from apps.people.alone import alone_today
from apps.people.models import Guardian, Guardianship, Role
from apps.people.same_person import accounts_of, family_of, n_persons
from tests import factories
from tests.people import second_persons
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
    [("EmergencyByOpener", "ren"), ("LookByLooker", "sakura"), ("PaperByEnterer", "sakura"),
     ("ArrivalByPrinter", "sakura"), ("FirstPinByPrinter", "sakura")],
)  # fmt: skip
def test_nobody_is_the_second_person_about_their_own_child(cast, kind, child):
    rule = getattr(second_persons, kind)(cast)
    rule.begin()
    parent = as_parent(rule.someone_else(), getattr(cast, child))
    assert not rule.is_listed(again(parent))
    with pytest.raises(rule.refusal):
        rule.act(again(parent))
    assert not rule.is_done()


def test_nobody_opens_their_own_child_in_urgency(cast):
    parent = as_parent(cast.homeroom, cast.ren)
    rule = second_persons.EmergencyByOpener(cast)
    rule.cast.homeroom = parent
    parent.user = again(parent)
    with pytest.raises(rule.refusal, match="自分の子ども"):
        rule.begin()


# -- which accounts are one person's -----------------------------------------------------------------


def test_staff_and_guardian_of_one_master_id_are_one_person(cast):
    parent = as_parent(cast.nurse, cast.ren)
    guardian = Guardian.objects.get(master_id=parent.master_id)
    assert accounts_of(again(parent)) == {parent.user_id, guardian.user_id}
    assert family_of(again(parent)) == {cast.ren.pk}
    Guardian.objects.filter(pk=guardian.pk).update(user=None)
    assert family_of(again(parent)) == {cast.ren.pk}  # without an account of the guardian's too
    assert Guardianship.objects.filter(guardian=guardian).exists()


def test_accounts_joined_over_a_third_are_one_person(cast):
    second = factories.second_account(cast.nurse, Role.TEACHER, at=cast.school)
    other = factories.post(Role.OFFICE, cast.school)
    other.user, other.master_id = second.user, uuid.uuid4()
    other.save(update_fields=["user", "master_id"])
    third = factories.second_account(other, Role.CITY)
    everything = {cast.nurse.user_id, second.user_id, third.user_id}
    assert all(accounts_of(again(post)) == everything for post in (cast.nurse, second, third))
    assert n_persons([*everything, cast.homeroom.user_id]) == 2


def test_two_accounts_of_one_person_count_once_among_who_can_confirm(cast):
    def n():
        return pending_acts.n_who_can_confirm(
            "sessions.end", cast.city.pk, cast.school.pk, but=again(cast.officer), role="city"
        )

    before = n()
    factories.second_account(cast.principal, Role.PRIVACY)
    factories.second_account(cast.officer, Role.PRIVACY)
    assert n() == before
    factories.post(Role.PRIVACY, of=cast.city)
    assert n() == before + 1


def test_a_second_account_gives_no_second_allowance_of_the_day(cast):
    cards = "codes.renew"
    twin = factories.second_account(cast.homeroom, Role.HELPDESK)
    pending_acts.propose(
        cards, thing_id=cast.class_1.pk, title="x", municipality_id=cast.city.pk,
        school_id=cast.school.pk, by=again(cast.homeroom), reason="なくしたため",
        preview={"cards": 1, "letters": 0},
    )  # fmt: skip
    assert alone_today(cards, again(twin), cast.city.pk, cast.school.pk) == 1


def test_first_second_and_last_are_three_people(cast, sign_in):
    roster = factories.duty(cast, on=False)
    roster.second = factories.second_account(cast.nurse, Role.TEACHER, at=cast.school).user
    roster.save()
    with pytest.raises(helpline.DutyRefused, match="別の人"):
        helpline.switch_on(roster, by=cast.principal.user)


# -- nothing compares the account alone --------------------------------------------------------------

# What names an account and no person: whose row it is, not who else must act.
COMPARES = re.compile(r"(_by_id|\.user_id|\bactor_id) (==|!=) (by|user|request\.user)\.pk|"
                      r"exclude\((user|pk|actor|\w+_by)=(user|by)(\.pk)?\)")  # fmt: skip
OF_ONE_ACCOUNT = {
    "apps/consent/pages.py", "apps/consent/services/correcting.py", "apps/consent/services/reading.py",
    "apps/consent/services/hearing.py", "apps/consent/services/deleting.py",
    "apps/consent/services/answering.py", "apps/signin/admin/staff_invitations.py",
    "apps/signin/services/letter_files.py", "apps/signin/services/access_lists.py",
    "apps/signin/services/family_told.py",
    "apps/linkage/services/self_info/asking.py", "apps/people/edit_check.py",
    "apps/people/permissions.py", "apps/push/devices.py", "apps/signin/services/arrivals_told.py",
    "apps/signin/services/letters.py",
}  # fmt: skip


def test_no_other_rule_compares_accounts_where_it_means_people():
    found = {
        path.as_posix()
        for path in Path("apps").rglob("*.py")
        if "migrations" not in path.parts and COMPARES.search(path.read_text())
    }
    assert found <= OF_ONE_ACCOUNT
