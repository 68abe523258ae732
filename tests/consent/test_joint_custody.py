"""A city may ask every guardian who decides: then one yes is not enough, and nothing is destroyed."""

import uuid

import pytest
from django.urls import reverse

from apps.consent.joint_custody import count_silent, with_marks, without_marks
from apps.consent.models import PurposePolicy, Response
from apps.consent.services.documents import change_policy
from apps.consent.services.policy_changes import propose_policy_change
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Guardian, GuardianStanding
from apps.people.services import pending_acts
from tests import factories
from tests.consent.standing_helpers import ATTENDANCE, keep_out, key_of, let_in, say, town
from tests.consent.test_guardians_who_decide_no_more import lower
from tests.people.act_scenarios import save, the_act

__all__ = ["town"]


def ask_all(town, value=True):
    policy = PurposePolicy.objects.get(municipality=town.city, purpose=ATTENDANCE)
    policy.asks_all_guardians = value
    change_policy(policy, by=town.officer.user, fields=["asks_all_guardians"])
    reconcile_all()
    return policy


def test_each_guardian_who_decides_must_agree(town):
    ask_all(town)
    say(town.sakura, town.sakura.user)
    say(town.sakura, town.midori.user)
    assert key_of(town.sakura) is None
    say(town.sakura, town.hajime.user)
    assert is_effective(town.sakura, ATTENDANCE)
    say(town.sakura, town.hajime.user, Response.REFUSED)
    assert key_of(town.sakura) is None  # a no ends it at once, as ever


def test_one_account_named_by_two_schools_is_one_person(town):
    ask_all(town)
    twin = Guardian.objects.create(
        municipality=town.city, source_id="again", user=town.midori.user,
        family_name="加賀", given_name="みどり",
    )  # fmt: skip
    factories.guardianship(twin, town.sakura)
    for person in (town.sakura, town.midori, town.hajime):
        say(town.sakura, person.user)
    assert is_effective(town.sakura, ATTENDANCE)


def test_who_is_informed_or_kept_out_is_not_waited_for(town):
    ask_all(town)
    town.hajime.guardianships.update(standing=GuardianStanding.INFORMED)
    for person in (town.sakura, town.midori):
        say(town.sakura, person.user)
    assert is_effective(town.sakura, ATTENDANCE)


def test_to_ask_everybody_is_an_act_of_two_that_pauses_and_destroys_nothing(town, sign_in):
    for person in (town.sakura, town.midori):
        say(town.sakura, person.user)
    before = key_of(town.sakura).pk
    policy = PurposePolicy.objects.get(municipality=town.city, purpose=ATTENDANCE)
    page = save(sign_in(town.officer.user), policy, asks_all_guardians="on")
    assert "propose" in page.url  # somebody is linked: it is shown and agreed on first
    propose_policy_change(
        policy, {"asks_all_guardians": True}, by=town.officer.user, reason="共同親権の決まりのため"
    )
    pending_acts.stop(the_act(), by=town.officer.user)
    reconcile_all()
    assert is_effective(town.sakura, ATTENDANCE)
    PurposePolicy.objects.update(asks_all_guardians=True)
    for _ in range(2):
        reconcile_all()
    assert (key_of(town.sakura).pk, key_of(town.sakura).destroy_after) == (before, None)
    assert not is_effective(town.sakura, ATTENDANCE)
    say(town.sakura, town.hajime.user)
    assert is_effective(town.sakura, ATTENDANCE)
    assert key_of(town.sakura).pk == before


def test_a_change_of_standing_begins_nothing_where_all_must_agree(town):
    ask_all(town)
    for person in (town.sakura, town.midori):
        say(town.sakura, person.user)
    lower(town)
    assert key_of(town.sakura) is None
    say(town.sakura, town.midori.user)
    before = key_of(town.sakura).pk
    newcomer = factories.guardian(town.sakura, "あたらしい", "new@example.com")
    newcomer.guardianships.update(standing=GuardianStanding.DECIDES)
    for _ in range(2):
        reconcile_all()
    assert (key_of(town.sakura).pk, key_of(town.sakura).destroy_after) == (before, None)
    assert not is_effective(town.sakura, ATTENDANCE)  # who decides now has not answered


def test_keeping_out_and_letting_in_lose_nothing_where_all_must_agree(town):
    ask_all(town)
    for person in (town.sakura, town.midori, town.hajime):
        say(town.sakura, person.user)
    before = key_of(town.sakura).pk
    keep_out(town.hajime, town.sakura, town.principal)
    assert is_effective(town.sakura, ATTENDANCE)  # the other agreed too
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    assert is_effective(town.sakura, ATTENDANCE)
    assert key_of(town.sakura).pk == before


@pytest.mark.parametrize(("asks_all", "words"), [(True, "全員が同意"), (False, "一人の同意")])
def test_a_guardian_reads_the_rule_alone_or_not(cast, sign_in, asks_all, words):
    factories.policy(cast.city)
    factories.document(cast.city)
    PurposePolicy.objects.update(asks_all_guardians=asks_all)
    page = reverse("consent:ask", args=[cast.sakura.pk, ATTENDANCE])
    assert words in sign_in(cast.midori.user).get(page).text
    assert words not in sign_in(cast.sakura.user).get(page).text


def test_marks_say_who_has_not_answered_and_are_no_decisions():
    class Answer:
        purpose, guardian_id = "x", uuid.uuid4()

    class Person:
        def __init__(self, *ids):
            self.guardian_ids = frozenset(ids)

    other = uuid.uuid4()
    marked = with_marks([Answer], [Person(Answer.guardian_id, uuid.uuid4()), Person(other)], None)
    assert count_silent(marked, "x") == 1
    assert count_silent(marked, "y") == 2
    assert without_marks(marked) == [Answer]
