"""A newcomer's name compared: already present, of staff, on a list, in one batch."""

import pytest
from django.utils import timezone

from apps.people.models import GuardianStanding, Role, StaffPost, User
from apps.registration.admin.newcomer_facts import facts_against, facts_for
from apps.registration.confirmation_rules import is_ordinary
from apps.registration.models import EvidenceKind, ListedGuardian, RegistrationEvidence
from apps.registration.services import evidence, registrations
from apps.registration.services.registrations import load_context
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of


@pytest.fixture
def letter(cast):
    """A letter of れん, printed by the office."""
    return letter_of(cast.ren, by=cast.office.user, slip="23456789")


def again(post):
    """The account of this post as their next request loads it."""
    return User.objects.get(pk=post.user_id)


def facts_of(registration, post):
    return load_context(registration, again(post)).facts


def listed(student, name, reading="", relation=""):
    ListedGuardian.objects.create(
        municipality=student.municipality, student=student, name=name,
        name_key=name.replace(" ", ""), reading=reading, relation=relation,
        listed_at=timezone.now(),
    )  # fmt: skip


# -- the name of a present guardian ---------------------------------------------------------------


@pytest.mark.parametrize("origin", ["roster", "letter"])
def test_the_name_of_a_guardian_with_an_account_is_a_fact_against_and_needs_two(
    cast, letter, origin
):
    if origin == "roster":
        factories.guardian(cast.ren, "ひかる", email="mother@example.com")
    else:
        mother = come(letter, "mother@mail.example", listed=False)
        confirm(mother, cast.nurse.user)
        confirm(mother, cast.principal.user, kind="")
    registration = come(letter, "exhusband@mail.example", listed=False)
    facts = facts_of(registration, cast.nurse)
    assert facts.name_has_account
    assert not facts.is_on_roster
    assert not is_ordinary(facts)
    assert facts_for(facts) == []
    assert any("もう別のアカウント" in words for words in facts_against(facts))
    confirm(registration, cast.nurse.user, kind="slip")
    assert guardianship_of(registration).standing == GuardianStanding.WAITING


def test_a_guardian_of_the_roster_who_comes_with_their_own_account_fits_the_roster(cast, letter):
    mother = factories.guardian(cast.ren, "ひかる", email="mother@example.com")
    facts = facts_of(come(letter, mother.user.email), cast.nurse)
    assert facts.is_on_roster
    assert not facts.name_has_account


# -- the name of somebody who works at the school ------------------------------------------------------


def test_the_name_of_a_member_of_staff_needs_two_people(cast, letter):
    factories.staff_post(Role.OFFICE, cast.school, name="加賀　ひかる")
    facts = facts_of(come(letter, "private@mail.example"), cast.nurse)
    assert facts.is_staff_name
    assert not is_ordinary(facts)
    assert any("職員と同じ名前" in words for words in facts_against(facts))


def test_the_staff_of_another_school_and_who_has_left_are_not_compared(cast, letter):
    other_school = factories.school(cast.city, "C117220600025", "ほかの中学校(架空)")
    factories.staff_post(Role.OFFICE, other_school, name="加賀 ひかる")
    left = factories.staff_post(Role.OFFICE, cast.school, name="加賀 ひかる")
    StaffPost.objects.filter(pk=left.pk).update(ended_at=timezone.now())
    assert not facts_of(come(letter, "private@mail.example"), cast.nurse).is_staff_name


def test_nobody_vouches_or_confirms_for_a_newcomer_of_their_own_name(cast, letter):
    teacher = factories.staff_post(
        Role.HOMEROOM, cast.school, in_class=cast.class_2, name="加賀 ひかる"
    )
    head = factories.staff_post(Role.PRINCIPAL, cast.school, name="加賀 ヒカル")
    registration = come(letter, "private@mail.example", relation="father")
    for post, kind in ((teacher, EvidenceKind.VOUCH), (head, EvidenceKind.MEETING)):
        _, ((_, why),) = evidence.record_evidence([registration.pk], kind, by=again(post))
        assert "あなたと同じ名前" in why
    with pytest.raises(registrations.CannotConfirm, match="あなたと同じ名前"):
        confirm(registration, head.user)
    assert not RegistrationEvidence.objects.exists()


def test_choosing_another_post_or_account_does_not_give_another_name(cast, letter):
    registration = come(letter, "private@mail.example", relation="father")
    StaffPost.objects.create(
        municipality=cast.city, school=cast.school, role=Role.COUNSELLOR, name="加賀 ひかる",
        user=cast.nurse.user, begins_on=cast.nurse.begins_on,
    )  # fmt: skip
    nurse = again(cast.nurse)
    nurse.current_posts = [cast.nurse]  # as ChosenPostMiddleware leaves it
    factories.second_account(cast.principal, Role.COUNSELLOR, at=cast.school)
    StaffPost.objects.filter(master_id=cast.principal.master_id).exclude(
        pk=cast.principal.pk
    ).update(name="加賀 ひかる")
    for user in (nurse, again(cast.principal)):
        _, ((_, why),) = evidence.record_evidence([registration.pk], EvidenceKind.MEETING, by=user)
        assert "あなたと同じ名前" in why
    assert not RegistrationEvidence.objects.exists()


# -- the school's list --------------------------------------------------------------------------------


def test_a_reading_in_hiragana_fits_the_katakana_of_a_list(cast, letter):
    listed(cast.ren, "加賀 光", "カガ ﾋｶﾙ", "mother")
    registration = come(letter, "hikaru@mail.example", listed=False)
    guardian = registration.guardian
    guardian.family_kana, guardian.given_kana = "かが", "ひかる"
    guardian.save(update_fields=["family_kana", "given_kana"])
    assert facts_of(registration, cast.nurse).is_on_list


def test_a_listed_name_with_another_relation_is_a_fact_against(cast, letter):
    listed(cast.ren, "加賀 ひかる", relation="mother")
    facts = facts_of(come(letter, "father@mail.example", relation="father"), cast.nurse)
    assert not facts.is_on_list
    assert facts.has_other_relation
    assert not is_ordinary(facts)
    assert any("続柄が" in words for words in facts_against(facts))


@pytest.mark.parametrize("relation", ["", "other", "father"])
def test_a_list_that_says_no_relation_or_the_same_fits(cast, letter, relation):
    listed(cast.ren, "加賀 ひかる", relation=relation)
    facts = facts_of(come(letter, "father@mail.example", relation="father"), cast.nurse)
    assert facts.is_on_list
    assert not facts.has_other_relation


# -- several confirmed together -------------------------------------------------------------------


def test_a_third_guardian_of_one_batch_needs_two_people(cast, letter):
    nurse = again(cast.nurse)  # れん has あおい as a guardian already
    waiting = [come(letter, f"n{n}@mail.example", given=f"にん{n}") for n in range(3)]
    ticks = {each.pk: registrations.page_token_of(each, nurse) for each in waiting}
    found = registrations.confirm_registrations(ticks, by=nurse, kind=EvidenceKind.MEETING)
    assert [context.registration.pk for context in found.done] == [waiting[0].pk]
    assert [context.registration.pk for context in found.awaiting_second] == [
        each.pk for each in waiting[1:]
    ]
    assert [guardianship_of(each).standing for each in waiting] == ["decides", "waiting", "waiting"]


def test_two_of_one_name_are_not_admitted_in_one_batch(cast, letter):
    nurse = again(cast.nurse)
    unlettered = factories.student(cast.class_2, "しずか", number=50, with_user=False)
    letter = letter_of(unlettered, by=cast.office.user, code="QUIET")
    waiting = [come(letter, f"n{n}@mail.example") for n in range(2)]
    ticks = {each.pk: registrations.page_token_of(each, nurse) for each in waiting}
    found = registrations.confirm_registrations(ticks, by=nurse, kind=EvidenceKind.SLIP)
    assert (len(found.done), len(found.awaiting_second)) == (1, 1)
