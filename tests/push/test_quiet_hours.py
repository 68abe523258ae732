"""Hours in which no push message is sent."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from apps.core.clock import JST
from apps.push.audience import BroadcastAudience
from apps.push.models import (
    DeliveryState,
    PushDelivery,
    QuietHours,
)
from apps.push.services import broadcasts
from tests import factories
from tests.push.broadcast_helpers import NOON, send_to_all, url

pytestmark = pytest.mark.usefixtures("daytime")

# -- quiet hours------------------------------------------------------------------------------------


def test_nothing_is_sent_at_night_and_everything_in_the_morning(cast, push_service, daytime):
    for user in (cast.sakura.user, cast.midori.user):
        push_service.device_of(user)
    daytime.move_to(NOON.replace(hour=21))
    send_to_all(cast, audience=BroadcastAudience(cast.city.pk, with_guardians=True))
    assert broadcasts.deliver_due() == 0
    daytime.move_to(NOON.replace(hour=6, minute=59) + timedelta(days=1))
    assert broadcasts.deliver_due() == 0
    daytime.move_to(NOON.replace(hour=7) + timedelta(days=1))
    assert broadcasts.deliver_due() == 2


def test_what_is_urgent_is_sent_at_night_and_so_does_what_staff_are_asked(
    cast, push_service, daytime
):
    for user in (cast.sakura.user, cast.nurse.user):
        push_service.device_of(user)
    daytime.move_to(NOON.replace(hour=22))
    more = {
        "path": "/",
        "expires_at": timezone.now() + timedelta(days=1),
        "municipality_id": cast.city.pk,
    }
    broadcasts.send_to_users([cast.nurse.user.pk], topic="staff", **more)
    assert broadcasts.deliver_due() == 1
    broadcasts.send_to_users([cast.sakura.user.pk], topic="calm", **more)
    assert broadcasts.deliver_due() == 0
    broadcasts.send_to_users([cast.sakura.user.pk], topic="urgent", is_urgent=True, **more)
    assert broadcasts.deliver_due() == 1


def test_a_school_has_its_own_hours_before_those_of_the_city(cast, push_service, daytime):
    other = factories.school(cast.city, "C117220600033", "ほかの中学校(架空)")
    elsewhere = factories.student(factories.school_class(other), "ゆう", local_code="3001")
    for user in (cast.sakura.user, elsewhere.user):
        push_service.device_of(user)
    QuietHours.objects.create(municipality=cast.city, begins=time(17), ends=time(8))
    QuietHours.objects.create(municipality=cast.city, school=other, begins=time(0), ends=time(0))
    daytime.move_to(NOON.replace(hour=18))
    send_to_all(cast)
    assert broadcasts.deliver_due() == 1
    assert (
        PushDelivery.objects.get(state=DeliveryState.ACCEPTED).subscription.user == elsewhere.user
    )
    waiting = PushDelivery.objects.get(state=DeliveryState.PENDING)
    assert waiting.next_at.astimezone(JST).hour == 8


def test_a_retry_is_not_sent_at_night_either(cast, push_service, daytime):
    push_service.answer(push_service.device_of(cast.sakura.user), 503, **{"Retry-After": "1800"})
    daytime.move_to(NOON.replace(hour=19, minute=50))
    send_to_all(cast)
    broadcasts.deliver_due()
    daytime.move_to(NOON.replace(hour=20, minute=30))
    assert broadcasts.deliver_due() == 0
    assert PushDelivery.objects.get().attempts == 1


def test_staff_read_when_postponed_messages_are_sent(cast, push_service, sign_in, daytime):
    push_service.device_of(cast.sakura.user)
    daytime.move_to(NOON.replace(hour=21))
    broadcast = send_to_all(cast)
    broadcasts.deliver_due()
    page = url("broadcast_progress", broadcast.pk)
    assert "11月25日 07:00" in sign_in(cast.officer.user).get(page).content.decode()
    daytime.move_to(NOON.replace(hour=7) + timedelta(days=1))
    broadcasts.deliver_due()
    assert "いまは鳴らしません" not in sign_in(cast.officer.user).get(page).content.decode()


def test_a_principal_sets_the_hours_of_the_own_school(cast, sign_in):
    browser = sign_in(cast.principal.user)
    sent = {"school": str(cast.school.pk), "begins": "18:00", "ends": "08:00"}
    assert browser.post(url("quiethours_add"), sent).status_code == 302
    assert QuietHours.objects.get().municipality == cast.city
    assert browser.post(url("quiethours_add"), sent).status_code == 422  # once is enough
    assert (
        browser.post(
            url("quiethours_add"), {**sent, "school": str(cast.away_school.pk)}
        ).status_code
        == 422
    )
    assert browser.post(url("quiethours_add"), {**sent, "school": ""}).status_code == 422
    assert QuietHours.objects.count() == 1
    assert sign_in(cast.nurse.user).get(url("quiethours_changelist")).status_code == 403
    assert (
        sign_in(cast.officer.user).post(url("quiethours_add"), {**sent, "school": ""}).status_code
        == 302
    )
    hours = QuietHours.objects.get(school=cast.school)
    away = factories.staff_post("city", of=cast.away)
    assert sign_in(away.user).get(url("quiethours_change", hours.pk)).status_code == 302
    browser.post(url("quiethours_delete", hours.pk), {"post": "yes"})
    assert QuietHours.objects.count() == 1
