"""A newcomer where somebody is kept out: by this child, by a sibling, by a name, by the roster."""

import uuid

import pytest
from django.urls import reverse

from apps.consent.services import standing_changes
from apps.people.models import Guardian, Guardianship, GuardianStanding, User
from apps.registration.confirmation_rules import is_ordinary, requires_lead
from apps.registration.services import registration_contexts, registrations, slips
from apps.registration.services.registrations import load_context
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of

SLIP, LIST = "23456789", reverse("admin:registration_guardianregistration_changelist")
WHY = {"why": "danger", "reason": "危険があるため、すぐに止める", "document_number": "1"}


def again(post):
    """The account of this post as their next request loads it."""
    return User.objects.get(pk=post.user_id)


def keep_out(cast, guardianship):
    standing_changes.keep_out(guardianship, by=again(cast.principal), **WHY)


def test_who_is_kept_out_from_one_child_needs_two_for_the_sibling(cast):
    father = factories.guardian(cast.sakura, "ちち", "father@example.com")
    Guardianship.objects.filter(guardian=father).update(standing=GuardianStanding.KEPT_OUT)
    brother = factories.student(cast.class_2, "おとうと", number=7)
    letter = letter_of(brother, by=cast.office.user, slip=SLIP)
    registration = come(letter, "father@example.com", relation="father", given="ちち")
    context = load_context(registration, again(cast.nurse))
    assert (context.n_needed, is_ordinary(context.facts), requires_lead(context.facts)) == (
        2,
        False,
        True,
    )
    assert not slips.read_slips([SLIP], again(cast.nurse)).ready
    confirm(registration, cast.nurse.user, kind="slip")
    assert guardianship_of(registration).standing == GuardianStanding.WAITING


def test_a_name_the_newcomer_gave_shuts_out_nobody_who_really_has_it(cast):
    letter = letter_of(cast.sakura, by=cast.office.user, slip=SLIP)
    newcomer = come(letter, "father@newcomer.example", given="はは")
    keep_out(cast, guardianship_of(newcomer))
    mother = come(letter, "mother@mail.example", given="はは")
    context = load_context(mother, again(cast.nurse))
    assert not context.facts.is_kept_out
    assert requires_lead(context.facts)
    confirm(mother, cast.nurse.user)
    confirm(mother, cast.principal.user, kind="")
    assert guardianship_of(mother).standing == GuardianStanding.DECIDES
    assert guardianship_of(newcomer).standing == GuardianStanding.KEPT_OUT


def test_keeping_out_an_outsider_leaves_the_guardian_whose_name_was_given(cast):
    letter = letter_of(cast.sakura, by=cast.office.user)
    midori = cast.midori
    newcomer = come(
        letter, "father@newcomer.example", given=midori.given_name, family=midori.family_name
    )
    keep_out(cast, guardianship_of(newcomer))
    assert Guardianship.objects.get(guardian=midori).standing == GuardianStanding.DECIDES
    assert guardianship_of(newcomer).standing == GuardianStanding.KEPT_OUT


@pytest.fixture
def family(cast):
    """A nurse who is a guardian kept out from さくら, by their 共通ID; a hidden newcomer waits."""
    cast.hidden = come(
        letter_of(cast.sakura, by=cast.office.user, slip=SLIP), "mother@mail.example",
        given="ひみつ", has_secret=True,
    )  # fmt: skip
    father = factories.guardian(cast.sakura, "ちち", "father@example.com")
    Guardianship.objects.filter(guardian=father).update(standing=GuardianStanding.KEPT_OUT)
    cast.nurse.master_id = uuid.uuid4()
    cast.nurse.save(update_fields=["master_id"])
    Guardian.objects.filter(pk=father.pk).update(master_id=cast.nurse.master_id)
    return cast


def test_a_colleague_who_is_of_the_family_reads_of_no_newcomer(family, sign_in):
    nurse = again(family.nurse)
    assert "ひみつ" in sign_in(family.counsellor.user).get(LIST).content.decode()
    assert "ひみつ" not in sign_in(nurse).get(LIST).content.decode()
    assert not registration_contexts.registrations_known_to(nurse).exists()
    assert slips.read_slips([SLIP], nurse).unknown == [SLIP]


def test_a_name_disabled_in_the_roster_is_a_fact_against(cast):
    off = factories.guardian(cast.ren, "ちち", "off@example.com")
    Guardian.objects.filter(pk=off.pk).update(is_enabled=False, user=None)
    registration = come(letter_of(cast.ren, by=cast.office.user), "new@example.com", given="ちち")
    context = load_context(registration, again(cast.nurse))
    assert context.facts.name_is_switched_off
    assert not context.facts.is_on_roster
    assert (context.n_needed, is_ordinary(context.facts)) == (2, False)
    with pytest.raises(registrations.CannotConfirm):
        confirm(registration, cast.nurse.user, kind="")


def test_a_guardian_by_office_comes_in_where_the_only_guardian_is_kept_out(cast):
    """The head of the home has the letter from the lead; the school and the city see the document."""
    keep_out(cast, Guardianship.objects.get(guardian=cast.midori))
    letter = letter_of(cast.sakura, by=cast.principal.user)
    head = come(
        letter, "head@home.example", relation="home_head", given="しせつちょう", listed=False
    )
    assert load_context(head, again(cast.nurse)).n_needed == 2
    confirm(head, cast.nurse.user, kind="meeting")
    assert guardianship_of(head).standing == GuardianStanding.WAITING
    confirm(head, cast.officer.user, kind="document", document_number="2026-12")
    assert guardianship_of(head).standing == GuardianStanding.DECIDES
    assert Guardianship.objects.get(guardian=cast.midori).standing == GuardianStanding.KEPT_OUT
