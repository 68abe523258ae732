"""First PINs of a class, confirmed from a list."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Action, Audience, AuditEvent
from apps.people.models import Guardian, Student, User
from apps.signin.models import PinEvent, PinEventKind
from apps.signin.services import cards, first_pins, pin_resets
from tests.signin.first_pin_helpers import a_class, again, end, pages, ticks

CLASSES = reverse("admin:signin_first_pins")


# -- the pages --------------------------------------------------------------------------------------


def test_a_class_of_forty_takes_three_pages(chosen, sign_in):
    a_class(chosen, 39)
    desk, (page, question) = sign_in(chosen.nurse.user), pages(chosen)
    assert "40人" in desk.get(CLASSES).content.decode()
    assert "全員(40人)" in desk.get(page).content.decode()
    led = desk.post(page, {"all": "40"})
    assert led.url == f"{question}?all=40"
    shown = desk.get(led.url)
    assert len(ticks(shown)) == 40
    assert "40人が、自分で暗証番号を決めた" in shown.content.decode()
    answer = desk.post(question, {"tick": ticks(shown)}, follow=True)
    assert "40人の暗証番号を" in answer.content.decode()
    assert not Student.objects.filter(pin_reset_confirmed_at=None).exclude(pin_reset_at=None)
    events = AuditEvent.objects.filter(action=Action.PIN_CONFIRMED)
    assert events.values("subject_id").distinct().count() == 40
    assert set(events.values_list("actor", "actor_role", "audience")) == {
        (chosen.nurse.user.pk, "nurse", Audience.PROTECTIVE)
    }


def test_the_ticked_ones_alone_are_confirmed(chosen, sign_in):
    first, second = a_class(chosen, 2)
    desk, (page, _) = sign_in(chosen.nurse.user), pages(chosen)
    led = desk.post(page, {"person": [str(first.pk)]})
    shown = desk.get(led.url)
    assert first.full_name in shown.content.decode()
    assert second.full_name not in shown.content.decode()
    desk.post(led.url.partition("?")[0], {"tick": ticks(shown)})
    waits = {s.pk for s in Student.objects.all() if s.has_unconfirmed_pin}
    assert waits == {chosen.sakura.pk, second.pk}


def test_everybody_means_as_many_as_the_page_counted(chosen, sign_in):
    desk, (page, question) = sign_in(chosen.nurse.user), pages(chosen)
    led = desk.post(page, {"all": "1"})
    a_class(chosen, 1)
    assert desk.get(led.url).url == page
    assert desk.get(f"{question}?all=nonsense").url == page


def test_what_changed_since_the_page_was_opened_is_not_confirmed(chosen, sign_in):
    (other,) = a_class(chosen, 1)
    desk, (_, question) = sign_in(chosen.nurse.user), pages(chosen)
    old = ticks(desk.get(f"{question}?all=2"))
    end(chosen)  # a key that the confirmation would now destroy
    answer = desk.post(question, {"tick": old}, follow=True)
    assert f"{chosen.sakura.full_name}: 確かめていません" in answer.content.decode()
    assert again(chosen).sakura.has_unconfirmed_pin
    assert not Student.objects.get(pk=other.pk).has_unconfirmed_pin
    shown = desk.get(
        f"{question}?person={chosen.sakura.pk}"
    )  # 全員 never includes students who ended something
    assert "その記録は消えます" in shown.content.decode()
    desk.post(question, {"tick": ticks(shown)})
    assert not again(chosen).sakura.has_unconfirmed_pin


def test_a_pin_chosen_anew_since_the_page_was_opened_is_not_confirmed(chosen):
    (waiting,) = first_pins.first_pins_of(chosen.nurse.user, chosen.class_1)
    pin_resets.reset_pin(chosen.sakura, by=chosen.homeroom.user, reason="わすれて 本人が 来たため")
    cards.set_first_pin(chosen.code, "8416")
    result = first_pins.confirm_first_pins([waiting.tick], by=chosen.nurse.user)
    assert not result.done
    assert again(chosen).sakura.has_unconfirmed_pin
    assert first_pins.first_pins_of(chosen.nurse.user, chosen.class_1) == []


def test_a_parent_on_the_staff_confirms_nothing_of_their_own_child(chosen):
    nurse = User.objects.get(pk=chosen.nurse.user_id)
    (row,) = first_pins.first_pins_of(nurse, chosen.class_1)
    Guardian.objects.filter(user=chosen.midori.user).update(user=nurse)
    nurse = User.objects.get(pk=nurse.pk)
    assert not first_pins.confirm_first_pins([row.tick], by=nurse).done
    assert again(chosen).sakura.has_unconfirmed_pin


def test_the_same_form_sent_twice_confirms_once(chosen, sign_in):
    desk, (_, question) = sign_in(chosen.nurse.user), pages(chosen)
    form = {"tick": ticks(desk.get(f"{question}?all=1"))}
    for _ in range(2):
        assert desk.post(question, form).status_code == 302
    assert PinEvent.objects.filter(kind=PinEventKind.CONFIRMED).count() == 1
    assert AuditEvent.objects.filter(action=Action.PIN_CONFIRMED).count() == 1


@pytest.mark.parametrize(
    "tick", ["", ".", "x.y", "9bb4e2d0-de7a-4b02-a422-a52f0c215bc4.z", "1" * 9000]
)
def test_a_tick_of_nobody_confirms_nobody(chosen, sign_in, tick):
    _, question = pages(chosen)
    assert sign_in(chosen.nurse.user).post(question, {"tick": tick}).status_code == 302
    assert again(chosen).sakura.has_unconfirmed_pin


def test_nobody_chosen_leads_back_to_the_list(chosen, sign_in):
    desk, (page, _) = sign_in(chosen.nurse.user), pages(chosen)
    assert desk.post(page, {}).url == page


def test_twice_the_class_costs_no_more_queries(chosen, sign_in):
    desk, (page, _) = sign_in(chosen.nurse.user), pages(chosen)
    a_class(chosen, 2)
    desk.get(page)
    counts = []
    for n in (0, 3):
        a_class(chosen, n)
        with CaptureQueriesContext(connection) as queries:
            desk.get(page)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_pages_leave_a_record_of_whom_they_named(chosen, sign_in):
    desk, (page, question) = sign_in(chosen.nurse.user), pages(chosen)
    for address in (page, f"{question}?all=1"):
        desk.get(address)
        seen = AuditEvent.objects.filter(action=Action.NAMES_SHOWN).latest("pk")
        assert (seen.subject_id, seen.audience) == (chosen.sakura.pk, Audience.OFFICE)
