"""A student signs in with a card and a PIN; wrong PINs lock it; signing out leaves nothing."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.models import AuditEvent
from apps.core import clock
from apps.registration import printable_sheets
from apps.registration.services import print_runs
from apps.signin import codes
from apps.signin.models import LoginCard
from apps.signin.services import cards, pin_resets, pins
from apps.signin.services.credentials import CredentialChange, credentials_changed

PIN_PAGE, ENTRY, LEAVE = (reverse(f"signin:{name}") for name in ("pin", "card_entry", "leave"))
PIN = "7305"


@pytest.fixture
def code(cast):
    ((_, card),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    return card


@pytest.fixture
def used(code):
    cards.set_first_pin(code, PIN)
    return code


def follow_card(client, code):
    return client.post(reverse("signin:card_entry"), {"code": code}, follow=True)


def test_first_use_chooses_a_pin_and_signs_in(client, cast, code):
    page = follow_card(client, code)
    assert page.redirect_chain[-1][0] == PIN_PAGE
    done = client.post(PIN_PAGE, {"pin": PIN, "again": PIN})
    assert done.url == reverse("portal:home")
    assert client.session["_auth_user_id"] == str(cast.sakura.user_id)


def test_later_the_pin_is_asked_for(client, used):
    follow_card(client, used)
    assert client.post(PIN_PAGE, {"pin": "1111"}).status_code == 422
    assert client.post(PIN_PAGE, {"pin": PIN}).status_code == 302


def test_the_code_is_never_stored_in_clear(code):
    card = LoginCard.objects.get()
    assert code.encode() not in bytes(card.code_digest)
    assert code not in str(list(AuditEvent.objects.values()))


def test_a_code_is_accepted_in_any_spelling(client, used):
    typed = f" {used[:5].lower()} - {used[5:]}　".translate(
        {ord(c): ord(c) + 0xFEE0 for c in "ABC"}
    )
    assert client.post(ENTRY, {"code": typed}).url == PIN_PAGE
    assert client.post(PIN_PAGE, {"pin": PIN}).status_code == 302


@pytest.mark.parametrize("pin", ["0000", "1234", "9876", "123", "1234567", "12a4", "", "１２３５"])
def test_easy_and_broken_pins_are_refused(client, code, pin):
    follow_card(client, code)
    assert client.post(PIN_PAGE, {"pin": pin, "again": pin}).status_code == 422
    assert LoginCard.objects.get().pin_digest is None


def test_two_different_pins_are_refused(client, code):
    follow_card(client, code)
    assert client.post(PIN_PAGE, {"pin": PIN, "again": "7306"}).status_code == 422


def test_five_wrong_pins_lock_for_a_quarter_of_an_hour(used):
    for _ in range(5):
        with pytest.raises(cards.CannotSignIn):
            cards.sign_in_with_card(used, "1111")
    with pytest.raises(cards.CannotSignIn, match="少し待って"):
        cards.sign_in_with_card(used, PIN)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert cards.sign_in_with_card(used, PIN)


def test_ten_wrong_pins_stop_the_card_until_the_pin_is_reset(cast, used):
    for n in range(10):
        with (
            time_machine.travel(timezone.now() + timedelta(hours=n)),
            pytest.raises(cards.CannotSignIn),
        ):
            cards.sign_in_with_card(used, "1111")
    with (
        time_machine.travel(timezone.now() + timedelta(days=9)),
        pytest.raises(cards.CannotSignIn, match="先生"),
    ):
        cards.sign_in_with_card(used, PIN)
    ((_, fresh),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    with pytest.raises(cards.CannotSignIn, match="先生"):  # a new card gives no new attempts
        cards.sign_in_with_card(fresh, PIN)
    pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason="本人が わすれたため")
    assert cards.set_first_pin(fresh, PIN) == cast.sakura.user


def test_a_new_card_ends_the_old_one(cast, used):
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(used, PIN)
    assert LoginCard.objects.valid().count() == 1


def test_a_pin_once_set_is_not_set_again(used):
    with pytest.raises(cards.CannotSignIn):
        cards.set_first_pin(used, "8642")
    assert cards.sign_in_with_card(used, PIN)


def test_an_unknown_and_a_used_card_look_the_same(used):
    pages = []
    for code in (used, "ABCDEFGHJK"):
        visitor = Client()
        follow_card(visitor, code)
        answer = visitor.post(PIN_PAGE, {"pin": "1111"})
        body = answer.content.decode()
        pages.append(
            (
                answer.status_code,
                body[body.index("<main") :].split("csrfmiddlewaretoken")[0],
                "ちがいます" in body,
            )
        )
    assert pages[0] == pages[1]


def test_a_student_who_has_left_cannot_sign_in(cast, used):
    cast.sakura.left_at = timezone.now()
    cast.sakura.save()
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(used, PIN)


@pytest.mark.parametrize(
    ("queue", "cleared"), [("empty", '"cache", "storage"'), ("waiting", '"cache"')]
)
def test_what_waits_sealed_on_the_tablet_outlives_leaving(client, cast, used, queue, cleared):
    assert client.post(LEAVE, {"queue": queue})["Clear-Site-Data"] == cleared


def test_leaving_clears_the_tablet_and_the_session(client, cast, used):
    follow_card(client, used)
    client.post(PIN_PAGE, {"pin": PIN})
    before = client.session.session_key
    gone = client.post(LEAVE)
    assert gone["Clear-Site-Data"] == '"cache"'
    assert "no-store" in gone["Cache-Control"]
    client.cookies["sessionid"] = before
    assert client.get(reverse("notices:inbox")).status_code == 302


def test_leaving_is_a_post(client, db):
    assert client.get(LEAVE).status_code == 405


def test_the_session_id_changes_at_sign_in(client, used):
    follow_card(client, used)
    before = client.session.session_key
    client.post(PIN_PAGE, {"pin": PIN})
    assert client.session.session_key != before


def test_the_pin_page_without_a_card_leads_back(client, db):
    assert client.get(PIN_PAGE).url == ENTRY


def test_an_empty_code_is_a_sentence(client, db):
    assert client.post(ENTRY, {"code": ""}).status_code == 422


@given(st.sampled_from([codes.CARD_LENGTH, codes.LETTER_LENGTH]).map(codes.generate_code))
def test_every_printed_code_reads_back(code):
    assert codes.normalise_typed_code(codes.group_code(code)) == code


@given(st.text(max_size=80))
def test_any_typing_is_normal_or_empty(text):
    assert codes.normalise_typed_code(text).isascii()


# -- printing ---------------------------------------------------------------------------------------


def sheet(cast):
    return reverse("admin:registration_cards", args=[cast.class_1.pk])


def test_the_homeroom_teacher_prints_cards_that_work(cast, sign_in, client):
    desk = sign_in(cast.homeroom.user)
    assert "さくら" in desk.get(sheet(cast)).content.decode()
    page = desk.post(sheet(cast), {"person": [str(cast.sakura.pk)]}, follow=True).content.decode()
    assert "<svg" in page
    assert "/c/ を 開いて" in page
    printed = page.split('class="code">')[1].split("<")[0]
    assert client.post(ENTRY, {"code": printed}).url == PIN_PAGE
    assert client.post(PIN_PAGE, {"pin": PIN, "again": PIN}).status_code == 302


def test_a_qr_code_leads_behind_the_sign_that_no_proxy_is_told(cast, code, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        printable_sheets.qr, "qr_svg", lambda address: drawn.append(address) or "<svg/>"
    )
    printed = print_runs.print_cards(
        [cast.sakura], school_class=cast.class_1, by=cast.homeroom.user
    )
    (one,) = printable_sheets.printable_sheets(printed, by=cast.homeroom.user)["sheet"]
    assert drawn == [f"{one.address}#{one.code.replace('-', '')}"]
    assert one.address.endswith("/c/")


def test_another_classs_teacher_does_not_find_the_page(cast, sign_in):
    url = reverse("admin:registration_cards", args=[cast.class_2.pk])
    assert sign_in(cast.homeroom.user).get(url).status_code == 404


def test_a_nurse_does_not_print_cards(cast, sign_in):
    assert sign_in(cast.nurse.user).get(sheet(cast)).status_code == 403


def test_a_student_of_another_class_cannot_be_slipped_in(cast, sign_in):
    sign_in(cast.homeroom.user).post(sheet(cast), {"person": [str(cast.ren.pk)]})
    assert LoginCard.objects.count() == 0


def test_a_pin_that_staff_reset_is_told_as_that_and_not_as_a_card(cast):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, "7305")
    events = []

    def hear(sender, change, **kwargs):
        events.append(change)

    credentials_changed.connect(hear)
    try:
        pin_resets.reset_pin(
            cast.sakura, by=cast.homeroom.user, reason="暗証番号をわすれたと、本人が言いに来た"
        )
    finally:
        credentials_changed.disconnect(hear)
    assert events == [CredentialChange.PIN_RESET]


def test_only_a_wrong_pin_counts_as_a_failure(cast):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, "7305")
    card = cards.find_card(code)
    assert pins.check_pin(card, "1111") is pins.PinRefusal.WRONG
    assert card.failures == 1
    card.student.is_enabled = False
    assert pins.check_pin(card, "7305") is pins.PinRefusal.SWITCHED_OFF
    card.locked_until = clock.now() + pins.LOCK_FOR
    assert pins.check_pin(card, "1111") is pins.PinRefusal.LOCKED
    assert card.failures == 1
    assert set(pins.REFUSAL_MESSAGES) == set(pins.PinRefusal)
