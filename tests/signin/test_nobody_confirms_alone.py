"""Whom nothing else speaks for becomes deciding by two people; who registered confirms nobody."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.core import clock
from apps.people.models import Guardianship, GuardianStanding, Role, User
from apps.signin import services
from apps.signin.models import Evidence, GuardianArrival
from apps.signin.services import arrival_evidence, slips
from apps.signin.services.arrival_queue import OWN_NEWCOMER, mailbox
from apps.signin.services.arrivals import look_of
from tests import factories
from tests.signin.arriving import NEWCOMER, child_letter, scan
from tests.signin.confirming import come, confirm, had_signed_in, letter_of, list_guardian, tie_of

LIST = reverse("admin:signin_arrivals")
SLIPS, SLIPS_CONFIRM = reverse("admin:signin_slips"), reverse("admin:signin_slips_confirm")


def again(post):
    return User.objects.get(pk=post.user_id)


@pytest.fixture
def came(cast):
    """れん's letter, printed by the office; somebody on no list says she is his mother."""
    cast.letter = letter_of(cast.ren, by=cast.office.user, slip="23456789")
    cast.arrival = come(cast.letter, "hikaru@mail.example", listed=False)
    return cast


# -- two people for whom nothing else speaks ----------------------------------------------------------


def test_one_clerk_with_a_slip_makes_no_strangers_decide(came, sign_in):
    page = sign_in(came.nurse.user).get(LIST).content.decode()
    assert "名前がありません(二人で確かめます)" in page
    confirm(came.arrival, came.nurse.user, kind="slip")
    assert tie_of(came.arrival).standing == GuardianStanding.WAITING
    with pytest.raises(services.CannotConfirm):
        confirm(came.arrival, came.nurse.user, kind="slip")
    second = factories.post(Role.NURSE, came.school, name="もう一人の養護").user
    with pytest.raises(services.CannotConfirm):  # of the same role
        confirm(came.arrival, second, kind="")
    confirm(came.arrival, came.counsellor.user, kind="")
    assert tie_of(came.arrival).standing == GuardianStanding.DECIDES


def test_whom_the_schools_list_names_one_person_confirms(came):
    list_guardian(came.ren, "加賀 ひかる", "mother")
    confirm(came.arrival, came.nurse.user, kind="slip")
    assert tie_of(came.arrival).standing == GuardianStanding.DECIDES


def test_a_list_says_nothing_to_who_brought_it(came):
    list_guardian(came.ren, "加賀 ひかる", "mother", by=came.nurse.user)
    assert look_of(came.arrival, again(came.nurse)).n_needed == 2
    assert look_of(came.arrival, again(came.counsellor)).n_needed == 1
    confirm(came.arrival, came.nurse.user, kind="slip")
    assert tie_of(came.arrival).standing == GuardianStanding.WAITING
    confirm(came.arrival, came.counsellor.user, kind="")
    assert tie_of(came.arrival).standing == GuardianStanding.DECIDES


def test_a_list_brought_by_a_second_account_of_the_same_person_says_nothing(came):
    twin = factories.second_account(came.nurse, Role.OFFICE, at=came.school)
    list_guardian(came.ren, "加賀 ひかる", "mother", by=twin.user)
    assert look_of(came.arrival, again(came.nurse)).n_needed == 2


def test_a_name_on_a_list_with_another_relation_is_on_none(came):
    list_guardian(came.ren, "加賀 ひかる", "father")
    assert look_of(came.arrival, again(came.nurse)).n_needed == 2


def test_who_will_be_informed_only_is_confirmed_by_one(came):
    granny = come(letter_of(came.sakura, by=came.office.user, code="G"), "g@mail.example",
                  relation="grandparent", listed=False)  # fmt: skip
    confirm(granny, came.nurse.user)
    assert tie_of(granny).standing == GuardianStanding.INFORMED


def test_a_stack_of_slips_of_nobody_listed_is_pressed_by_two(came, sign_in):
    for post, standing in ((came.nurse, "waiting"), (came.counsellor, "decides")):
        desk = sign_in(post.user)
        page = desk.post(SLIPS, {"numbers": "23456789"}).content.decode()
        ticks = re.search(r'name="ticks" value="([^"]+)"', page)[1]
        desk.post(SLIPS_CONFIRM, {"ticks": ticks})
        assert tie_of(came.arrival).standing == standing


def test_the_word_of_a_homeroom_teacher_is_no_second_person(came):
    teacher = factories.post(Role.HOMEROOM, came.school, in_class=came.class_2, name="二組の担任")
    arrival_evidence.record_evidence([came.arrival.pk], Evidence.VOUCH, by=teacher.user)
    confirm(came.arrival, came.nurse.user, kind="slip")
    assert tie_of(came.arrival).standing == GuardianStanding.WAITING


# -- who registered is not who confirms ----------------------------------------------------------------


@pytest.mark.parametrize(("one", "other", "same"), [
    ("a@mail.example", "A@MAIL.example", True), ("a+x@mail.example", "a@mail.example", True),
    ("a@mail.example", "b@mail.example", False), ("a@mail.example", "a@other.example", False),
])  # fmt: skip
def test_one_mailbox_under_several_addresses(one, other, same):
    assert (mailbox(one) == mailbox(other)) == same


def test_no_address_is_nobodys_mailbox():
    assert mailbox("") == mailbox("x") == ""


def test_nobody_confirms_or_records_for_their_own_mailbox(came):
    User.objects.filter(pk=came.nurse.user_id).update(email="saki@mail.example")
    own = come(letter_of(came.sakura, by=came.office.user, code="S"), "saki+parent@mail.example")
    with pytest.raises(services.CannotConfirm, match="あなたのメールアドレス"):
        confirm(own, came.nurse.user)
    _, ((_, why),) = arrival_evidence.record_evidence([own.pk], Evidence.SLIP, by=again(came.nurse))
    assert why == OWN_NEWCOMER
    confirm(own, came.counsellor.user)
    assert tie_of(own).standing == GuardianStanding.DECIDES


def register_on(browser, cast, mail="private@mail.example"):
    """Somebody makes an account and comes in by れん's letter in this browser."""
    account = factories.user(mail)
    letter, code = child_letter(cast.ren, cast.office.user)
    factories.enter(browser, account)
    scan(browser, code)
    list_guardian(cast.ren, "加賀 ひかる")
    assert browser.post(reverse("signin:accept"), NEWCOMER).url == "/"
    return GuardianArrival.objects.get(invitation=letter)


def test_who_signed_in_where_the_letter_was_opened_confirms_nobody_there(cast, sign_in):
    browser = Client()
    had_signed_in(browser, cast.nurse.user)
    arrival = register_on(browser, cast)
    assert arrival.staff_on_device == [cast.nurse.user_id]
    look = look_of(arrival, again(cast.counsellor))
    assert look.facts.on_staff_device
    assert look.n_needed == 2
    with pytest.raises(services.CannotConfirm, match="あなたがサインインしたことのある端末"):
        confirm(arrival, cast.nurse.user)
    confirm(arrival, cast.counsellor.user)
    assert tie_of(arrival).standing == GuardianStanding.WAITING
    confirm(arrival, cast.principal.user, kind="")
    assert tie_of(arrival).standing == GuardianStanding.DECIDES


def test_a_device_of_nobody_of_the_staff_says_nothing(cast):
    arrival = register_on(Client(), cast)
    assert arrival.staff_on_device == []
    confirm(arrival, cast.nurse.user)
    assert tie_of(arrival).standing == GuardianStanding.DECIDES


def test_nobody_confirms_in_a_browser_where_the_newcomer_signed_in(came, sign_in):
    desk = sign_in(came.nurse.user)
    had_signed_in(desk, came.arrival.user)
    tick = f"{came.arrival.pk}.{services.seen_of(came.arrival, again(came.nurse))}"
    for page, sent in ((LIST, {"arrival": tick, "verb": "confirm", "kind": "slip"}),
                       (LIST, {"arrival": tick, "verb": "note", "kind": "slip"}),
                       (SLIPS_CONFIRM, {"ticks": tick})):  # fmt: skip
        told = desk.post(page, sent, follow=True).content.decode()
        assert "あなたがサインインしたことのある端末" in told
    assert not came.arrival.confirmations.exists()
    assert not came.arrival.evidence.exists()


# -- the ways of one person alone ----------------------------------------------------------------------


def test_letter_slip_and_word_of_one_person_open_nothing(came, time_machine):
    """A clerk takes a letter somebody else printed, registers under another name, signs the slip."""
    clerk = came.nurse
    found = slips.read_slips(["23456789"], again(clerk))
    assert [look.n_needed for look in found.ready] == [2]
    arrival_evidence.record_evidence([came.arrival.pk], Evidence.SLIP, by=again(clerk))
    list_guardian(came.ren, "加賀 ひかる", by=clerk.user)
    confirm(came.arrival, clerk.user, kind="meeting")
    time_machine.move_to(clock.now() + timedelta(days=39))
    assert not Guardianship.objects.current().filter(guardian=came.arrival.guardian).exists()
