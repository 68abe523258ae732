"""A student changes the PIN behind the present one."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, Audience, AuditEvent
from apps.people.models import Student
from apps.push.models import Broadcast
from apps.signin.models import LoginCard, PinEvent
from apps.signin.services import cards, first_pins
from tests import factories
from tests.records import actors_of

PAGE, HOME = reverse("signin:change_pin"), reverse("portal:home")
PIN, NEW = "7305", "8416"


@pytest.fixture
def code(cast):
    ((_, card),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    factories.choose_own_pin(card, PIN)
    cast.sakura = Student.objects.get(pk=cast.sakura.pk)
    return card


def form(pin=PIN, new=NEW, again=None):
    return {"pin": pin, "new_pin": new, "again": new if again is None else again}


def entered(code, pin=PIN):
    client = Client()
    client.post(reverse("signin:card_entry"), {"code": code})
    assert client.post(reverse("signin:pin"), {"pin": pin}).url == HOME
    return client


def test_the_new_pin_opens_and_the_old_one_does_not(code):
    client = entered(code)
    assert client.get(PAGE).status_code == 200
    answer = client.post(PAGE, form())
    assert (answer.status_code, answer.url) == (302, HOME)
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(code, PIN)
    assert cards.sign_in_with_card(code, NEW)


def test_other_sessions_end_and_this_one_goes_on_under_a_new_id(code):
    here, other_browser = entered(code), entered(code)
    before = here.session.session_key
    here.post(PAGE, form())
    assert other_browser.get(reverse("checkins:frequency")).status_code == 302
    assert here.get(HOME).status_code == 200
    assert "_auth_user_id" in here.session
    assert here.session.session_key != before


def test_wrong_tries_count_as_at_signing_in(cast, code):
    client = entered(code)
    for _ in range(5):
        assert client.post(PAGE, form(pin="0193")).status_code == 422
    assert LoginCard.objects.get().locked_until is not None
    assert actors_of(Action.CARD_LOCKED) == [None]
    assert client.post(PAGE, form()).status_code == 422
    with pytest.raises(cards.CannotSignIn):
        cards.sign_in_with_card(code, PIN)
    assert not PinEvent.objects.filter(kind="changed").exists()


@pytest.mark.parametrize(
    ("new", "again"),
    [("0000", None), ("1234", None), ("12a4", None), ("", None), (NEW, "8417"), (PIN, None)],
)
def test_what_is_guessed_mistyped_or_the_same_changes_nothing(code, new, again):
    client = entered(code)
    assert client.post(PAGE, form(new=new, again=again)).status_code == 422
    assert cards.sign_in_with_card(code, PIN)


def test_it_is_on_record_and_told_on_page_and_devices(cast, code, sign_in):
    client = entered(code)
    client.post(PAGE, form())
    event = AuditEvent.objects.get(action=Action.PIN_CHANGED)
    assert (event.actor, event.actor_role, event.subject_id, event.audience) == (
        cast.sakura.user, "student", cast.sakura.pk, Audience.PROTECTIVE,
    )  # fmt: skip
    assert NEW not in str(list(AuditEvent.objects.values()))
    pin_event = PinEvent.objects.get(kind="changed")
    assert Broadcast.objects.get(topic=pin_event.pk.hex).user_ids == [cast.sakura.user_id]
    for days, is_shown in ((0, True), (29, True), (31, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            page = sign_in(Student.objects.get(pk=cast.sakura.pk).user).get(HOME)
            assert ("かわりました" in page.content.decode()) is is_shown, days


def test_a_change_confirms_no_first_pin(cast, client):
    ((_, code),) = cards.issue_cards([cast.ren], by=cast.homeroom.user)
    cards.set_first_pin(code, PIN)
    (waiting,) = first_pins.first_pins_of(cast.nurse.user, cast.class_2)
    entered(code).post(PAGE, form())
    assert Student.objects.get(pk=cast.ren.pk).has_unconfirmed_pin
    assert first_pins.confirm_first_pins([waiting.tick], by=cast.nurse.user).done


def test_nobody_but_a_student_with_a_card_changes_a_pin(cast, sign_in):
    assert sign_in(cast.midori.user).get(PAGE).url == HOME
    assert sign_in(cast.nurse.user).post(PAGE, form()).status_code == 302
    answer = sign_in(cast.ren.user).post(PAGE, form())
    assert answer.status_code == 422
    assert Client().get(PAGE).status_code == 302


@pytest.mark.parametrize("typed", ["９" * 4, "8" * 900, "9bb4e2d0-de7a-4b02-a422-a52f0c215bc4"])
def test_odd_input_is_a_sentence(code, typed):
    assert entered(code).post(PAGE, form(pin=typed, new=typed)).status_code == 422
