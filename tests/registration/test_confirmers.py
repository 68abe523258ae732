"""Who confirms a newcomer, and how many people it takes."""

import pytest
from django.urls import reverse

from apps.people.models import Guardianship, GuardianStanding, Role
from apps.registration.confirmation_rules import (
    NewcomerFacts,
    confirmations_needed,
)
from apps.registration.models import EvidenceKind, RegistrationEvidence
from apps.registration.services import (
    evidence,
    registrations,
)
from apps.registration.services.registrations import load_context
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of
from tests.registration.school_confirmation_helpers import LIST, again


@pytest.mark.parametrize(("facts", "n"), [
    ({"tells_others": True}, 1),
    ({"tells_others": False}, 2),
    ({"tells_others": True, "has_secret": True}, 2),
    ({"tells_others": True, "is_protected": True}, 2),
    ({"tells_others": True, "n_confirmed": 1}, 1),
    ({"tells_others": True, "n_confirmed": 2}, 2),
    ({"tells_others": True, "relation": "legal"}, 2),
    ({"tells_others": True, "relation": "legal", "has_document": True}, 2),
    ({"tells_others": True, "relation": "legal", "has_document": True, "has_paper": True}, 1),
    ({"tells_others": True, "relation": "mother"}, 2),
    ({"tells_others": True, "relation": "mother", "is_on_list": True}, 2),
    ({"tells_others": True, "relation": "mother", "is_listed": True}, 1),
    ({"tells_others": True, "relation": "grandparent"}, 1),
    ({"tells_others": True, "is_listed": True, "on_staff_device": True}, 2),
    ({"tells_others": True, "was_ended": True}, 2),
    ({"tells_others": True, "is_on_roster": True, "on_students_device": True}, 1),
    ({"tells_others": True, "name_has_account": True}, 2),
    ({"tells_others": True, "is_staff_name": True}, 2),
    ({"tells_others": True, "has_other_relation": True}, 1),
])  # fmt: skip
def test_how_many_people_confirm(facts, n):
    assert confirmations_needed(NewcomerFacts(**facts)) == n


def test_a_third_guardian_needs_two_people(claimed):
    factories.guardian(claimed.ren, "じろう", email="jiro@example.com")  # あおい is the other one
    assert load_context(claimed.registration, again(claimed.nurse)).n_needed == 2
    assert confirm(claimed.registration, claimed.nurse.user).is_waiting
    assert not confirm(claimed.registration, claimed.counsellor.user, kind="").is_waiting


def test_where_somebody_is_kept_out_one_of_the_two_is_the_lead_or_the_city(claimed):
    Guardianship.objects.filter(guardian=claimed.other_guardian).update(standing="kept_out")
    confirm(claimed.registration, claimed.nurse.user)
    with pytest.raises(registrations.CannotConfirm, match="管理職か市"):
        confirm(claimed.registration, claimed.counsellor.user)
    confirm(claimed.registration, claimed.principal.user)
    assert guardianship_of(claimed.registration).standing == GuardianStanding.DECIDES


def test_an_ex_partner_who_is_kept_out_is_on_no_list_and_in_by_no_hand(claimed, sign_in):
    guardianship = Guardianship.objects.get(guardian=claimed.other_guardian)
    Guardianship.objects.filter(pk=guardianship.pk).update(standing="kept_out")
    who = claimed.other_guardian
    registration = come(
        claimed.letter, "second@mail.example", given=who.given_name, family=who.family_name
    )
    for post in (claimed.nurse, claimed.principal, claimed.officer):
        assert "second" not in sign_in(post.user).get(LIST).content.decode()
        with pytest.raises(registrations.CannotConfirm, match="管理職に聞いて"):
            confirm(registration, post.user)
        _, refused = evidence.record_evidence(
            [registration.pk], EvidenceKind.MEETING, by=again(post)
        )
        assert refused
    assert guardianship_of(registration).standing == GuardianStanding.WAITING


def test_nobody_confirms_for_their_own_child(claimed):
    mother = factories.staff_post(Role.PRINCIPAL, claimed.school, name="母でもある教頭")
    guardian = factories.guardian(claimed.ren, "教頭", email="")
    guardian.user = mother.user
    guardian.save(update_fields=["user"])
    with pytest.raises(registrations.CannotConfirm):
        confirm(claimed.registration, mother.user)


def test_nobody_confirms_themselves_with_a_second_account(claimed):
    clerk = factories.staff_post(Role.NURSE, claimed.school, name="養護の人")
    claimed.registration.user = clerk.user
    claimed.registration.save(update_fields=["user"])
    twin = factories.second_account(clerk, Role.PRINCIPAL, at=claimed.school)
    for post in (clerk, twin):
        with pytest.raises(registrations.CannotConfirm):
            confirm(claimed.registration, post.user)


def test_by_address_from_another_school_nothing_is_confirmed(claimed, sign_in):
    other_school = factories.school(claimed.city, "C117220600025", "ほかの中学校(架空)")
    page_token = registrations.page_token_of(claimed.registration, again(claimed.nurse))
    for post in (factories.staff_post(Role.PRINCIPAL, other_school), claimed.away_nurse):
        desk = sign_in(post.user)
        sent = {
            "registration": f"{claimed.registration.pk}.{page_token}",
            "verb": "confirm",
            "kind": "meeting",
        }
        desk.post(LIST, sent)
        desk.post(LIST, {**sent, "verb": "note"})
        desk.post(reverse("admin:registration_slips_confirm"), {"ticks": sent["registration"]})
        with pytest.raises(registrations.CannotConfirm):
            confirm(claimed.registration, post.user)
    assert guardianship_of(claimed.registration).standing == GuardianStanding.WAITING
    assert not RegistrationEvidence.objects.exists()


def test_the_page_says_what_the_newcomer_may_do_at_first(cast, sign_in):
    letter = letter_of(cast.sakura, by=cast.office.user)
    come(letter, "aunt@example.com", relation="grandparent", given="おば")
    page = sign_in(cast.nurse.user).get(reverse("admin:registration_waiting")).text
    assert "まず「知らせるだけ」の人になります" in page
    assert "「判断する」人になります" not in page
    letter = letter_of(cast.ren, by=cast.office.user, code="WXYZ2345EFGH")
    come(letter, "father@example.com", relation="father", given="ちち")
    assert (
        "「判断する」人になります"
        in sign_in(cast.nurse.user).get(reverse("admin:registration_waiting")).text
    )
