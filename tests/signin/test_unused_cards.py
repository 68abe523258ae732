"""An unused card expires; the sheet says when, and a new one is one click away."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.people.services import pending_acts
from apps.signin.models import LoginCard
from apps.signin.services import cards, pin_resets
from tests import factories

PIN = "7305"


@pytest.fixture
def code(cast):
    ((_, card),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    return card


def in_days(n):
    return time_machine.travel(timezone.now() + timedelta(days=n))


def page(cast):
    return reverse("admin:registration_cards", args=[cast.class_1.pk])


def test_a_card_never_used_opens_on_the_thirtieth_day_and_not_after(cast, code):
    with in_days(31), pytest.raises(cards.CannotSignIn, match="使"):
        cards.set_first_pin(code, PIN)
    with in_days(30):
        assert cards.set_first_pin(code, PIN)


def test_a_used_card_never_ends_by_itself(cast, code):
    cards.set_first_pin(code, PIN)
    with in_days(300):
        assert cards.sign_in_with_card(code, PIN)


def test_the_days_are_a_setting(cast, settings):
    settings.CARD_UNUSED_DAYS = 3
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    with in_days(4), pytest.raises(cards.CannotSignIn):
        cards.set_first_pin(code, PIN)


def test_a_new_card_that_is_not_used_ends_and_the_next_keeps_the_pin(cast, code):
    cards.set_first_pin(code, PIN)
    ((_, lost),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    with in_days(31):
        with pytest.raises(cards.CannotSignIn):
            cards.sign_in_with_card(lost, PIN)
        ((_, fresh),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
        with pytest.raises(cards.CannotSignIn):
            cards.set_first_pin(fresh, "8416")
        assert cards.sign_in_with_card(fresh, PIN)


def test_a_card_whose_pin_was_reset_ends_where_none_is_chosen(cast, code):
    factories.choose_own_pin(code, PIN)
    pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason="わすれて 本人が 来たため")
    with in_days(31), pytest.raises(cards.CannotSignIn):
        cards.set_first_pin(code, "8416")


def test_a_reset_does_not_bring_an_ended_card_back(cast, code):
    cards.set_first_pin(code, PIN)
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    with in_days(31), pytest.raises(pending_acts.CannotAct, match="期限"):
        pin_resets.reset_pin(cast.sakura, by=cast.helpdesk.user, reason="わすれて 本人が 来たため")


def test_the_sheet_says_until_when_and_no_more_once_it_was_used(cast, code, sign_in):
    last = LoginCard.objects.get().unused_until
    words = f"{last.month}月{last.day}日"
    desk = sign_in(cast.homeroom.user)
    form = {"person": [str(cast.sakura.pk)]}
    assert words in desk.post(page(cast), form, follow=True).content.decode()
    cards.set_first_pin(code, PIN)
    assert "までに 一度も" not in desk.post(page(cast), form, follow=True).content.decode()


def test_the_list_shows_what_is_unused_and_what_has_ended(cast, code, sign_in):
    desk = sign_in(cast.homeroom.user)
    assert "まだ使われていません" in desk.get(page(cast)).content.decode()
    LoginCard.objects.update(unused_until=timezone.now() + timedelta(days=3))
    assert "期限が近い" in desk.get(page(cast)).content.decode()
    LoginCard.objects.update(unused_until=timezone.now() - timedelta(days=1))
    shown = desk.get(page(cast)).content.decode()
    assert "使われないまま期限切れ" in shown
    assert "カードなし" not in shown


def test_printing_gives_who_let_it_end_a_new_card(cast, code, sign_in):
    old = LoginCard.objects.get().pk
    LoginCard.objects.update(unused_until=timezone.now() - timedelta(days=1))
    shown = sign_in(cast.homeroom.user).post(
        page(cast), {"person": [str(cast.sakura.pk)]}, follow=True
    )
    assert "<svg" in shown.content.decode()
    card = LoginCard.objects.valid().get()
    assert (card.pk != old, card.unused_until > timezone.now()) == (True, True)
    assert AuditEvent.objects.filter(action=Action.CARD_ISSUED).count() == 2
    with pytest.raises(cards.CannotSignIn):
        cards.set_first_pin(code, PIN)


def test_who_types_an_ended_card_reads_what_to_do(cast, code, client):
    LoginCard.objects.update(unused_until=timezone.now() - timedelta(days=1))
    client.post(reverse("signin:card_entry"), {"code": code})
    answer = client.post(reverse("signin:pin"), {"pin": PIN})
    assert answer.status_code == 422
    assert "カードを" in answer.content.decode()
    assert "もらって" in answer.content.decode()
