"""A right PIN clears no wrong one: a few wrong PINs a day, over many days, stop the card."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.signin.models import LoginCard
from apps.signin.services import cards as cards_services
from apps.signin.services import pin_resets, pins
from tests import factories

HOME, ENTRY, PIN_PAGE = (
    reverse(name) for name in ("portal:home", "signin:card_entry", "signin:pin")
)
PIN, GUESS = "7305", "1111"


@pytest.fixture
def code(cast):
    ((_, card),) = cards_services.issue_cards([cast.sakura], by=cast.homeroom.user)
    factories.choose_own_pin(card, PIN)
    return card


def guess(code, n=1):
    """Type ``n`` wrong PINs; returns how many were answered as wrong rather than stopped."""
    n_tried = 0
    for _ in range(n):
        with pytest.raises(cards_services.CannotSignIn) as refused:
            cards_services.sign_in_with_card(code, GUESS)
        n_tried += "違います" in str(refused.value)
    return n_tried


def on_day(n, hour=0):
    return time_machine.travel(timezone.now() + timedelta(days=n, hours=hour))


def come_in(code, pin=PIN):
    """A browser signed in with the card, and the plain text of its first page."""
    client = Client()
    client.post(ENTRY, {"code": code})
    assert client.post(PIN_PAGE, {"pin": pin, "again": pin}).status_code == 302
    return client, plain(client.get(HOME))


def plain(page):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|</?(ruby|span)[^>]*>", "", page.content.decode())


def test_four_guesses_a_day_between_right_pins_are_stopped_at_ten(code):
    n_tried = 0
    for day in range(7):
        with on_day(day):
            n_tried += guess(code, 4)
        with on_day(day, hour=1):
            if LoginCard.objects.get().stopped_at is None:
                cards_services.sign_in_with_card(code, PIN)
    assert n_tried == 10
    with on_day(30), pytest.raises(cards_services.CannotSignIn, match="担任"):
        cards_services.sign_in_with_card(code, PIN)  # waiting does not help


def test_three_in_a_fortnight_stop_nobody(code):
    for day in range(0, 60, 5):
        with on_day(day):
            guess(code)
            cards_services.sign_in_with_card(code, PIN)
    assert len(LoginCard.objects.get().wrong_at) <= 2


def test_wrong_pins_of_a_signed_in_person_count_too(cast, code):
    for day in range(3):
        with on_day(day):
            for _ in range(4):
                with pytest.raises(cards_services.CannotSignIn):
                    cards_services.verify_pin(cast.sakura, GUESS, has_card=True)
            if LoginCard.objects.get().stopped_at is None:
                cards_services.verify_pin(cast.sakura, PIN, has_card=True)
    assert LoginCard.objects.get().stopped_at is not None


def test_wrong_pins_without_the_card_close_that_way_alone(cast, code):
    """Whoever administers the school's accounts neither guesses on nor stops a child's card."""

    def tries(pin):
        cards_services.verify_pin(cast.sakura, pin, has_card=False)

    with on_day(0):
        for n in range(20):
            said = "違います" if n < 5 else "自分のカード"
            with pytest.raises(cards_services.CannotSignIn, match=said):
                tries(GUESS)
        with pytest.raises(cards_services.CannotSignIn, match="自分のカード"):
            tries(PIN)
        card = LoginCard.objects.get()
        assert (card.failures, card.locked_until, card.stopped_at) == (0, None, None)
        assert len(pins.recent_wrong_pins(card)) == 5
        cards_services.sign_in_with_card(code, PIN)  # the card opens, and with it the other way
    with on_day(0, hour=1):
        tries(PIN)
        ((_, fresh),) = cards_services.issue_cards([cast.sakura], by=cast.homeroom.user)
        assert len(pins.recent_wrong_pins(LoginCard.objects.last_ones().get())) == 5
    with on_day(1):
        for _ in range(5):
            with pytest.raises(cards_services.CannotSignIn, match="違います"):
                tries(GUESS)
    with on_day(9):
        tries(PIN)  # a week later they count no more


def test_a_new_card_keeps_what_was_tried_and_a_reset_begins_anew(cast, code):
    for day in range(3):
        with on_day(day):
            guess(code, 4)
            if day < 2:
                cards_services.sign_in_with_card(code, PIN)
    with on_day(3):
        ((_, fresh),) = cards_services.issue_cards([cast.sakura], by=cast.homeroom.user)
        with pytest.raises(cards_services.CannotSignIn, match="担任"):
            cards_services.sign_in_with_card(fresh, PIN)
        pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason="まちがいが続いたため")
        cards_services.set_first_pin(fresh, "8642")
        guess(fresh, 4)
        assert cards_services.sign_in_with_card(fresh, "8642")


def test_who_chose_another_pin_begins_anew_and_still_sees_what_was_tried(cast, code):
    with on_day(0):
        guess(code, 4)
        cards_services.sign_in_with_card(code, PIN)
        guess(code, 4)
    with on_day(1):
        client, _ = come_in(code)
        client.post(reverse("signin:change_pin"), {"pin": PIN, "new_pin": "8642", "again": "8642"})
        guess(code, 4)
        assert "まちがいが 10回 ありました" in come_in(code, "8642")[1]


def test_the_student_is_told_after_coming_in_and_whom_to_ask(code):
    with on_day(1):
        come_in(code)
    with on_day(2):
        guess(code, 3)
    with on_day(2, hour=1):
        client, page = come_in(code)
        assert "まちがいが 3回 ありました" in page
        assert "担任の 先生か 保健室に 言って ください" in page
        assert "まえに カードで 入ったのは" in page
        assert "まちがいが 3回 ありました" in plain(client.get(HOME))  # for the whole sign-in
    with on_day(10):
        assert "まちがい" not in come_in(code)[1]


def test_the_first_time_nothing_is_told_of_an_earlier_one(cast):
    ((_, code),) = cards_services.issue_cards([cast.ren], by=cast.homeroom.user)
    _, page = come_in(code)
    assert "まえに カードで 入ったのは" not in page
    assert "まちがい" not in page


def test_whoever_guesses_right_does_not_hide_the_guesses_from_the_owner(code):
    guess(code, 4)
    come_in(code)  # the one who guessed
    assert "まちがいが 4回 ありました" in come_in(code)[1]


def test_staff_see_it_on_the_list_of_cards(cast, code, sign_in):
    cards = reverse("admin:registration_cards", args=[cast.class_1.pk])
    desk = sign_in(cast.homeroom.user)
    assert "この7日のまちがい" not in desk.get(cards).content.decode()
    guess(code, 4)
    cards_services.sign_in_with_card(code, PIN)
    assert "この7日のまちがい 4回" in desk.get(cards).content.decode()
    guess(code, 4)
    cards_services.sign_in_with_card(code, PIN)
    guess(code, 4)
    page = desk.get(cards).content.decode()
    assert "まちがいが続き、止まっています" in page
    assert "この7日のまちがい 10回" in page


def test_the_locked_page_says_until_when_whom_to_ask_and_leads_on(code, client):
    client.post(ENTRY, {"code": code})
    for _ in range(5):
        page = client.post(PIN_PAGE, {"pin": GUESS})
    card = LoginCard.objects.get()
    until = timezone.localtime(card.locked_until)
    for answer in (page, client.post(PIN_PAGE, {"pin": PIN})):
        body = plain(answer)
        assert answer.status_code == 422
        assert f"{until:%H:%M}" in body  # in words, without a script
        assert f'data-until="{until:%Y-%m-%dT%H:%M}' in answer.content.decode()
        for way in ("notices:places", "helpline:by_card"):
            assert reverse(way) in body
            assert client.get(reverse(way)).status_code == 200
    LoginCard.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    assert client.post(PIN_PAGE, {"pin": PIN}).url == HOME
