"""Newcomers without evidence need two people to decide; who registered cannot confirm."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.core import clock
from apps.people.models import Guardianship, GuardianStanding, Role, User
from apps.registration.models import EvidenceKind, GuardianRegistration
from apps.registration.services import evidence, registrations, slips
from apps.registration.services.confirmation_queue import OWN_NEWCOMER, mailbox
from apps.registration.services.registrations import load_context
from tests import factories
from tests.registration.confirmation_helpers import (
    come,
    confirm,
    guardianship_of,
    had_signed_in,
    letter_of,
    list_guardian,
)
from tests.registration.letter_helpers import NEWCOMER, child_letter, scan

LIST = reverse("admin:registration_waiting")
SLIPS, SLIPS_CONFIRM = (
    reverse("admin:registration_slips"),
    reverse("admin:registration_slips_confirm"),
)


def again(post):
    return User.objects.get(pk=post.user_id)


@pytest.fixture
def registered(cast):
    """れん's letter, printed by the office; somebody on no list claims to be his mother."""
    cast.letter = letter_of(cast.ren, by=cast.office.user, slip="23456789")
    cast.registration = come(cast.letter, "hikaru@mail.example", listed=False)
    return cast


# -- two people where nothing else is known -------------------------------------------------------


def test_one_clerk_with_a_slip_makes_no_outsiders_decide(registered, sign_in):
    page = sign_in(registered.nurse.user).get(LIST).content.decode()
    assert "名前がありません(二人で確かめます)" in page
    confirm(registered.registration, registered.nurse.user, kind="slip")
    assert guardianship_of(registered.registration).standing == GuardianStanding.WAITING
    with pytest.raises(registrations.CannotConfirm):
        confirm(registered.registration, registered.nurse.user, kind="slip")
    second = factories.staff_post(Role.NURSE, registered.school, name="もう一人の養護").user
    with pytest.raises(registrations.CannotConfirm):  # of the same role
        confirm(registered.registration, second, kind="")
    confirm(registered.registration, registered.counsellor.user, kind="")
    assert guardianship_of(registered.registration).standing == GuardianStanding.DECIDES


def test_whom_the_schools_list_names_one_person_confirms(registered):
    list_guardian(registered.ren, "加賀 ひかる", "mother")
    confirm(registered.registration, registered.nurse.user, kind="slip")
    assert guardianship_of(registered.registration).standing == GuardianStanding.DECIDES


def test_a_list_says_nothing_to_who_uploaded_it(registered):
    list_guardian(registered.ren, "加賀 ひかる", "mother", by=registered.nurse.user)
    assert load_context(registered.registration, again(registered.nurse)).n_needed == 2
    assert load_context(registered.registration, again(registered.counsellor)).n_needed == 1
    confirm(registered.registration, registered.nurse.user, kind="slip")
    assert guardianship_of(registered.registration).standing == GuardianStanding.WAITING
    confirm(registered.registration, registered.counsellor.user, kind="")
    assert guardianship_of(registered.registration).standing == GuardianStanding.DECIDES


def test_a_list_uploaded_by_a_second_account_of_the_same_person_says_nothing(registered):
    twin = factories.second_account(registered.nurse, Role.OFFICE, at=registered.school)
    list_guardian(registered.ren, "加賀 ひかる", "mother", by=twin.user)
    assert load_context(registered.registration, again(registered.nurse)).n_needed == 2


def test_a_name_on_a_list_with_another_relation_is_on_none(registered):
    list_guardian(registered.ren, "加賀 ひかる", "father")
    assert load_context(registered.registration, again(registered.nurse)).n_needed == 2


def test_who_will_be_informed_only_is_confirmed_by_one(registered):
    granny = come(letter_of(registered.sakura, by=registered.office.user, code="G"), "g@mail.example",
                  relation="grandparent", listed=False)  # fmt: skip
    confirm(granny, registered.nurse.user)
    assert guardianship_of(granny).standing == GuardianStanding.INFORMED


def test_a_stack_of_slips_of_nobody_listed_is_confirmed_by_two(registered, sign_in):
    for post, standing in ((registered.nurse, "waiting"), (registered.counsellor, "decides")):
        desk = sign_in(post.user)
        page = desk.post(SLIPS, {"numbers": "23456789"}).content.decode()
        ticks = re.search(r'name="ticks" value="([^"]+)"', page)[1]
        desk.post(SLIPS_CONFIRM, {"ticks": ticks})
        assert guardianship_of(registered.registration).standing == standing


def test_the_word_of_a_homeroom_teacher_is_no_second_person(registered):
    teacher = factories.staff_post(
        Role.HOMEROOM, registered.school, in_class=registered.class_2, name="二組の担任"
    )
    evidence.record_evidence([registered.registration.pk], EvidenceKind.VOUCH, by=teacher.user)
    confirm(registered.registration, registered.nurse.user, kind="slip")
    assert guardianship_of(registered.registration).standing == GuardianStanding.WAITING


# -- the registered person is not the confirming person -------------------------------------------


@pytest.mark.parametrize(("one", "other", "same"), [
    ("a@mail.example", "A@MAIL.example", True), ("a+x@mail.example", "a@mail.example", True),
    ("a@mail.example", "b@mail.example", False), ("a@mail.example", "a@other.example", False),
])  # fmt: skip
def test_one_mailbox_under_several_addresses(one, other, same):
    assert (mailbox(one) == mailbox(other)) == same


def test_no_address_is_nobodys_mailbox():
    assert mailbox("") == mailbox("x") == ""


def test_nobody_confirms_or_records_for_their_own_mailbox(registered):
    User.objects.filter(pk=registered.nurse.user_id).update(email="saki@mail.example")
    own = come(
        letter_of(registered.sakura, by=registered.office.user, code="S"),
        "saki+parent@mail.example",
    )
    with pytest.raises(registrations.CannotConfirm, match="あなたのメールアドレス"):
        confirm(own, registered.nurse.user)
    _, ((_, why),) = evidence.record_evidence(
        [own.pk], EvidenceKind.SLIP, by=again(registered.nurse)
    )
    assert why == OWN_NEWCOMER
    confirm(own, registered.counsellor.user)
    assert guardianship_of(own).standing == GuardianStanding.DECIDES


def register_on(browser, cast, mail="private@mail.example"):
    """Somebody creates an account and registers with れん's letter in this browser."""
    account = factories.user(mail)
    letter, code = child_letter(cast.ren, cast.office.user)
    factories.force_sign_in(browser, account)
    scan(browser, code)
    list_guardian(cast.ren, "加賀 ひかる")
    assert browser.post(reverse("registration:accept_letter"), NEWCOMER).url == "/"
    return GuardianRegistration.objects.get(invitation=letter)


def test_who_signed_in_where_the_letter_was_opened_confirms_nobody_there(cast, sign_in):
    browser = Client()
    had_signed_in(browser, cast.nurse.user)
    registration = register_on(browser, cast)
    assert registration.staff_on_device == [cast.nurse.user_id]
    context = load_context(registration, again(cast.counsellor))
    assert context.facts.on_staff_device
    assert context.n_needed == 2
    with pytest.raises(registrations.CannotConfirm, match="あなたがサインインしたことのある端末"):
        confirm(registration, cast.nurse.user)
    confirm(registration, cast.counsellor.user)
    assert guardianship_of(registration).standing == GuardianStanding.WAITING
    confirm(registration, cast.principal.user, kind="")
    assert guardianship_of(registration).standing == GuardianStanding.DECIDES


def test_a_device_of_nobody_of_the_staff_says_nothing(cast):
    registration = register_on(Client(), cast)
    assert registration.staff_on_device == []
    confirm(registration, cast.nurse.user)
    assert guardianship_of(registration).standing == GuardianStanding.DECIDES


def test_nobody_confirms_in_a_browser_where_the_newcomer_signed_in(registered, sign_in):
    desk = sign_in(registered.nurse.user)
    had_signed_in(desk, registered.registration.user)
    tick = f"{registered.registration.pk}.{registrations.page_token_of(registered.registration, again(registered.nurse))}"
    for page, sent in ((LIST, {"registration": tick, "verb": "confirm", "kind": "slip"}),
                       (LIST, {"registration": tick, "verb": "note", "kind": "slip"}),
                       (SLIPS_CONFIRM, {"ticks": tick})):  # fmt: skip
        text = desk.post(page, sent, follow=True).content.decode()
        assert "あなたがサインインしたことのある端末" in text
    assert not registered.registration.confirmations.exists()
    assert not registered.registration.evidence.exists()


# -- one person alone -----------------------------------------------------------------------------


def test_letter_slip_and_word_of_one_person_open_nothing(registered, time_machine):
    """A clerk takes a letter somebody else printed, registers under another name, signs the slip."""
    clerk = registered.nurse
    found = slips.read_slips(["23456789"], again(clerk))
    assert [context.n_needed for context in found.ready] == [2]
    evidence.record_evidence([registered.registration.pk], EvidenceKind.SLIP, by=again(clerk))
    list_guardian(registered.ren, "加賀 ひかる", by=clerk.user)
    confirm(registered.registration, clerk.user, kind="meeting")
    time_machine.move_to(clock.now() + timedelta(days=39))
    assert (
        not Guardianship.objects.current()
        .filter(guardian=registered.registration.guardian)
        .exists()
    )
