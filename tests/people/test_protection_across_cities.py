"""What protects a person is the same in whichever city the fact is that speaks against it.

The tests' own code sees every municipality, a request and a worker's act those of one alone: so
each question is asked in both ways.
"""

import uuid
from contextlib import nullcontext
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.consent.services import telephone_caps
from apps.core import clock
from apps.core.municipality_scope import within
from apps.notices.models import SupportOrganisation
from apps.notices.services import organisations
from apps.notices.services.publication_rules import PublicationRefused
from apps.people.models import (
    Guardian,
    Guardianship,
    GuardianStanding,
    Role,
    StaffConflict,
    StaffPost,
    User,
)
from apps.people.person_match_rules import TypedPerson
from apps.people.services import (
    act_queries,
    kept_out_people,
    pending_acts,
    person_accounts,
    recorded_changes,
)
from apps.registration.services import name_comparison, registration_facts
from apps.signin import password_validators
from apps.signin.models import LtiPlatform
from apps.signin.services import (
    access_recovery,
    account_locks,
    account_reach,
    account_unlocks,
    factor_resets,
    session_endings,
)
from kaga_portal.across_municipalities import FUNCTIONS, PROTECTIVE
from tests import factories
from tests.consent.telephone_helpers import NO, linked, note, town
from tests.people.act_scenarios import propose
from tests.registration.test_kept_out_people import FATHER, keep_out
from tests.signin.account_helpers import with_factor

__all__ = ["linked", "town"]
WHY = "学校で会って確かめたため"
OTHERS = "ほかの自治体の担当・登録もあります"


def again(user):
    """The account as the next request loads it."""
    return User.objects.get(pk=user.pk)


def privacy_of(city, name="個人情報の担当"):
    return factories.staff_post(Role.PRIVACY, of=city, name=name)


def in_both(cast, ask):
    """The answer where every city is seen, and in a request or an act of the first one."""
    answers = []
    for scope in (nullcontext(), within([cast.city.pk])):
        with transaction.atomic():
            with scope:
                answers.append(ask())
            transaction.set_rollback(True)
    return answers


@pytest.fixture
def twins(cast):
    """Every fact is in the other city: children, kept-out people, posts.

    みどり has a child there, from whom 加賀 ちち is kept out; れん's guardian is kept out from another.
    The officer here is a parent there by the 共通ID; the child's other guardian there is the homeroom
    teacher here, who is the only privacy officer there. The nurse and the counsellor are one human.
    """
    cast.away_lead = factories.staff_post(Role.PRINCIPAL, cast.away_school, name="となりの校長")
    cast.away_city = factories.staff_post(Role.CITY, of=cast.away, name="となりの市の担当")
    in_class = factories.school_class(cast.away_school, "1年1組", "J1")
    cast.child = factories.student(in_class, "となりのこ", number=1)
    cast.own_child = factories.student(in_class, "おやのこ", number=2)
    there = factories.guardian(cast.child, "みどり", "there@example.com")
    Guardian.objects.filter(pk=there.pk).update(user=cast.midori.user)
    keep_out(cast, student=cast.child, by=cast.away_lead)
    other = factories.guardian(cast.child, "あおい", "aoi2@example.com")
    Guardian.objects.filter(pk=other.pk).update(user=cast.other_guardian.user)
    Guardianship.objects.filter(guardian=other).update(standing=GuardianStanding.KEPT_OUT)
    factories.make_parent(cast.officer, cast.own_child, standing="decides")
    former = factories.guardian(cast.own_child, "もと", "former@example.com")
    Guardian.objects.filter(pk=former.pk).update(user=cast.homeroom.user)
    only = privacy_of(cast.away, name="となりの担当")
    StaffPost.objects.filter(pk=only.pk).update(user=cast.homeroom.user)
    for post in (cast.nurse, cast.counsellor):
        elsewhere = factories.staff_post(Role.HELPDESK, of=cast.away, name="ふたやく")
        StaffPost.objects.filter(pk=elsewhere.pk).update(user=post.user, master_id=cast.away.pk)
    StaffConflict.objects.create(
        municipality=cast.away, student=cast.own_child, person=cast.office.user, tie="child",
        set_by=cast.away_lead.user, set_role=Role.PRINCIPAL, set_at=clock.now(),
    )  # fmt: skip
    return cast


def recorded_cities(account):
    events = AuditEvent.objects.filter(thing_id=str(account.pk), fields=["is_active"])
    return set(events.values_list("municipality_id", flat=True))


def record_lock(cast):
    recorded_changes.record_account_change(
        cast.homeroom.user, cast.officer.user, ["is_active"], role="city",
        municipality_id=cast.city.pk,
    )  # fmt: skip
    with within([cast.city.pk, cast.away.pk]):
        return recorded_cities(cast.homeroom.user) == {cast.city.pk, cast.away.pk}


def stopped_by_telephone(cast):
    """Stopped in the first city, asked in the other one."""
    with within([cast.away.pk]):
        return telephone_caps._stopped_today({cast.homeroom.user_id}) == {cast.sakura.pk}


PEOPLE = "apps.people.services.person_accounts."
KEPT_OUT = "apps.people.services.kept_out_people."


def locked_elsewhere(cast):
    """The counsellor is locked by the other city, which nobody has confirmed."""
    with within([cast.away.pk]):
        pending_acts.propose(
            account_locks.LOCK, thing_id=cast.counsellor.user_id, title="x", preview={"accounts": 1},
            municipality_id=cast.away.pk, school_id=None, by=again(cast.away_city.user), reason=WHY,
        )  # fmt: skip
    account = again(cast.counsellor.user)
    return act_queries.is_act_open_about_account(account, account_locks.LOCK)


# {protective function: a question about the twins whose answer is yes}
QUESTIONS = {
    "apps.consent.services.telephone_caps._stopped_today": stopped_by_telephone,
    "apps.people.services.act_queries.is_act_open_about_account": locked_elsewhere,
    f"{KEPT_OUT}digests_of_siblings": lambda c: (
        kept_out_people.match_of(
            kept_out_people.digests_of_siblings([c.sakura.pk])[c.sakura.pk], FATHER
        )
        == "contact"
    ),
    f"{KEPT_OUT}is_refused_for_account": lambda c: kept_out_people.is_refused_for_account(
        c.midori.user, TypedPerson(mail=FATHER.mail)
    ),
    f"{PEOPLE}_accounts_with": lambda c: (
        person_accounts.count_persons([c.nurse.user_id, c.counsellor.user_id]) == 1
    ),
    f"{PEOPLE}accounts_near_student": lambda c: (
        c.officer.user_id in person_accounts.accounts_near_student(c.own_child)
    ),
    f"{PEOPLE}accounts_of_other_guardians": lambda c: (
        c.homeroom.user_id in person_accounts.accounts_of_other_guardians(again(c.officer.user))
    ),
    f"{PEOPLE}children_of_person": lambda c: (
        {c.own_child.pk}
        == person_accounts.children_of_person(again(c.officer.user))
        == person_accounts.children_of_person(again(c.office.user))
    ),
    f"{PEOPLE}roles_of_person": lambda c: (
        person_accounts.roles_of_person(again(c.homeroom.user)) == {Role.HOMEROOM, Role.PRIVACY}
    ),
    "apps.people.services.recorded_changes.record_account_change": record_lock,
    "apps.registration.services.name_comparison._names_of": lambda c: (
        len(name_comparison._names_of(again(c.nurse.user))) == 3
    ),
    "apps.registration.services.registration_facts.accounts_kept_out_somewhere": lambda c: (
        registration_facts.accounts_kept_out_somewhere([c.other_guardian.user_id])
        == {c.other_guardian.user_id}
    ),
    "apps.signin.password_validators._names_of": lambda c: (
        c.child.given_name in password_validators._names_of(again(c.midori.user))
    ),
    "apps.signin.password_validators._places": lambda c: (
        c.away_school.name in password_validators._places()
    ),
    "apps.signin.services.account_reach.cities_left_without_privacy_officer": lambda c: (
        account_reach.cities_left_without_privacy_officer(again(c.homeroom.user)) == {c.away.pk}
    ),
}


def test_every_protective_question_has_the_same_answer_wherever_the_fact_is(linked, twins):
    note(linked, NO, by=linked.homeroom.user)
    wrong = {name: in_both(twins, lambda ask=ask: ask(twins)) for name, ask in QUESTIONS.items()}
    assert {name: said for name, said in wrong.items() if said != [True, True]} == {}


def test_each_of_them_looks_across():
    assert set(QUESTIONS) == set(PROTECTIVE) <= set(FUNCTIONS)


def test_the_worker_gives_no_address_to_who_is_kept_out_from_a_child_in_another_city(twins):
    act = access_recovery.propose_recovery(
        twins.midori.user, FATHER.mail, by=again(twins.office.user), reason=WHY
    )
    pending_acts.confirm(act, by=again(factories.staff_post(Role.CITY, of=twins.city).user))
    access_recovery.apply_recoveries()
    assert again(twins.midori.user).email == "midori@example.com"
    assert not act.payload["shown"]["lines"] and OTHERS in str(act.payload["shown"])
    act.refresh_from_db()
    assert act.done_at is not None  # it ends as any other one


def test_a_new_guardianship_is_kept_out_where_the_account_is_in_another_city(twins):
    with within([twins.city.pk]):
        row = Guardian.objects.create(
            municipality=twins.city, source_id="new", family_name="加賀", given_name="あおい"
        )
        guardianship = factories.guardianship(row, twins.sakura)
        assert guardianship.standing == GuardianStanding.DECIDES
        Guardian.objects.filter(pk=row.pk).update(user=twins.other_guardian.user)
        guardianship.refresh_from_db()
        assert guardianship.standing == GuardianStanding.KEPT_OUT
        sibling = factories.student(twins.class_2, "いもうと", number=9)
        new = factories.guardianship(twins.other_guardian, sibling)
        new.refresh_from_db()
        assert new.standing == GuardianStanding.KEPT_OUT
        assert set(Guardian.objects.values_list("municipality", flat=True)) == {twins.city.pk}


def test_staff_decide_nothing_about_the_other_parent_of_a_child_in_another_city(twins):
    def asked():
        by = again(twins.officer.user)
        return (
            session_endings.person_endable_by(by, twins.homeroom.user_id),
            session_endings.person_endable_by(by, twins.office.user_id) is not None,
        )

    assert in_both(twins, asked) == [(None, True)] * 2


def test_two_accounts_of_one_human_by_a_row_in_another_city_are_no_two_people(twins):
    privacy_of(twins.city)
    account = again(factories.staff_post(Role.OFFICE, twins.school, name="止める人").user)
    first, second = twins.principal, factories.staff_post(Role.CITY, of=twins.city, name="同じ人")
    for post in (first, second):
        elsewhere = factories.staff_post(Role.HELPDESK, of=twins.away, name="ふたやく2")
        number = uuid.UUID(int=5)
        StaffPost.objects.filter(pk=elsewhere.pk).update(user=post.user, master_id=number)
    with within([twins.city.pk]):
        act = account_locks.lock_account(account, by=again(first.user), reason=WHY)
        assert "ほかの人が確かめ" in act_queries.why_not_confirm(act, again(second.user))


def test_no_city_loses_its_only_privacy_officer_by_a_lock_of_another(twins, sign_in):
    privacy_of(twins.city)
    by, account = factories.staff_post(Role.CITY, of=twins.city).user, twins.homeroom.user
    said = in_both(twins, lambda: account_locks.why_not_lock(again(account), again(by)))
    assert said[1] == account_locks.LAST_PRIVACY_ELSEWHERE and "ただ一人" in said[0]
    with within([twins.city.pk]), pytest.raises(pending_acts.CannotAct, match="ほかの自治体"):
        account_locks.lock_account(again(account), by=again(by), reason=WHY)
    second = privacy_of(twins.away)
    client = sign_in(by)
    page = client.post(reverse("admin:people_user_lock", args=[account.pk]))
    shown = client.get(page.url).content.decode()
    assert OTHERS in shown and twins.away.name not in shown and "となりの担当" not in shown
    propose(client, page, reason=WHY)
    assert not again(account).is_active
    assert recorded_cities(account) == {twins.city.pk, twins.away.pk}
    record = sign_in(second.user).get(reverse("admin:audit_auditevent_changelist"))
    assert "ほかの自治体の人が行った" in record.content.decode()


def test_who_takes_over_an_account_is_in_the_record_of_each_city_that_it_opens(twins):
    with_factor(twins.nurse.user)
    second = privacy_of(twins.city).user
    with within([twins.city.pk]):
        act = factor_resets.propose_reset(
            again(twins.nurse.user), by=again(twins.helpdesk.user), reason=WHY
        )
        effects = factor_resets.effects_of_reset(again(twins.nurse.user))
        assert OTHERS in str(effects.names)
        pending_acts.confirm(act, by=again(second))
    factor_resets.apply_factor_resets()
    User.objects.filter(pk=twins.counsellor.user_id).update(is_active=False)
    with within([twins.city.pk]):
        act = account_unlocks.propose_unlock(
            again(twins.counsellor.user), by=again(twins.helpdesk.user), reason=WHY
        )
        effects = account_unlocks.effects_of_unlock(again(twins.counsellor.user))
        assert OTHERS in str(effects.names)
        pending_acts.confirm(act, by=again(second))
    account_unlocks.apply_unlocks()
    for account in (twins.nurse.user, twins.counsellor.user):
        events = AuditEvent.objects.filter(thing_id=str(account.pk), actor=second)
        assert sorted(events.values_list("municipality_id", "detail")) == sorted(
            [(twins.city.pk, ""), (twins.away.pk, recorded_changes.DONE_ELSEWHERE)]
        )


def test_one_city_does_not_verify_a_national_organisation_for_all(cast, sign_in):
    one = SupportOrganisation.objects.create(name="全国の電話", phone="0120-000-000")
    with pytest.raises(PublicationRefused, match="ほかの 自治体"):
        organisations.verify_organisation(one, by=cast.officer.user, source_url="x")
    assert not organisations.organisations_to_verify(cast.officer.user).exists()
    page = reverse("admin:notices_supportorganisation_review", args=[one.pk])
    desk = sign_in(cast.officer.user)
    assert 'value="verify"' not in desk.get(page).content.decode()
    desk.post(page, {"verb": "verify", "source_url": "x", "is_checked": "on"})
    one.refresh_from_db()
    assert (one.verified_on, one.source_url) == (None, "")
    for wrong in (["全国の電話"], ["ない電話", "--source", "x"]):
        with pytest.raises(CommandError):
            call_command("verify_national", *wrong)
    said = StringIO()
    call_command("verify_national", "全国の電話", "--source", "https://example.com/", stdout=said)
    assert f"{clock.today()} 全国の電話" in said.getvalue()
    one.refresh_from_db()
    assert not one.is_stale


def test_a_platform_of_another_city_with_the_same_names_is_said_on_the_page(cast, sign_in):
    facts = {
        "name": "まなび", "issuer": "https://l.example", "client_id": "c", "deployment_ids": "1",
        "auth_url": "https://l.example/auth", "keyset_url": "https://l.example/keys",
    }  # fmt: skip
    LtiPlatform.objects.create(municipality=cast.away, **facts | {"deployment_ids": ["1"]})
    answer = sign_in(cast.officer.user).post(reverse("admin:signin_ltiplatform_add"), facts)
    assert "ほかの自治体の設定のこともあります" in answer.content.decode()
    assert LtiPlatform.objects.count() == 1


def test_a_named_city_opens_nothing_to_who_is_signed_in_for_another(cast, client, sign_in):
    SupportOrganisation.objects.create(
        municipality=cast.away, name="となりの窓口", state="published", verified_on=clock.today(),
        source_url="x",
    )  # fmt: skip
    address = f"{reverse('notices:places')}?city={cast.away.code}"
    assert "となりの窓口" in client.get(address).content.decode()
    assert "となりの窓口" not in sign_in(cast.nurse.user).get(address).content.decode()
