"""Bells are rows: rung over real HTTP, decrypted by the other side, never lost, never doubled."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.push import services, webpush
from apps.push.models import MessageState, PushMessage, PushSubscription
from tests.push.helpers import keys


def ring(cast, **more):
    values = {
        "topic": "a" * 32, "path": "/notices/x/", "expires_at": timezone.now() + timedelta(hours=1),
        "municipality_id": cast.city.pk, **more,
    }  # fmt: skip
    return services.ring([cast.sakura.user.pk], **values)


def only():
    return PushMessage.objects.get()


def test_a_bell_is_really_decrypted_by_the_service(cast, push_service):
    push_service.device_of(cast.sakura.user)
    assert ring(cast) == 1
    assert services.deliver_due() == 1
    assert only().state == MessageState.ACCEPTED
    (arrived,) = push_service.messages()
    told = json.loads(arrived["text"])["notification"]
    assert told["title"] == "お知らせが 1つ あります"
    assert told["navigate"].endswith("/notices/x/")
    assert arrived["topic"] == "a" * 32


def test_the_bell_carries_no_words_of_the_letter(cast, push_service):
    push_service.device_of(cast.sakura.user)
    ring(cast)
    services.deliver_due()
    (arrived,) = push_service.messages()
    told = json.loads(arrived["text"])
    assert set(told["notification"]) == {"title", "lang", "dir", "navigate", "tag"}
    assert cast.sakura.given_name not in arrived["text"]


def test_ringing_twice_about_the_same_thing_is_one_bell(cast, push_service):
    push_service.device_of(cast.sakura.user)
    ring(cast)
    ring(cast)
    services.deliver_due()
    services.deliver_due()
    assert len(push_service.messages()) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_forgotten(cast, push_service, status):
    push_service.answer(push_service.device_of(cast.sakura.user), status)
    ring(cast)
    services.deliver_due()
    assert only().state == MessageState.GONE
    assert PushSubscription.objects.live().count() == 0


@pytest.mark.parametrize("status", [429, 406, 500, 503, 401, 403])
def test_a_service_in_trouble_never_costs_a_device(cast, push_service, status):
    push_service.answer(push_service.device_of(cast.sakura.user), status)
    ring(cast)
    services.deliver_due()
    assert only().state == MessageState.PENDING
    assert only().next_at > timezone.now()
    assert PushSubscription.objects.live().count() == 1


def test_it_waits_as_long_as_it_was_asked_to(cast, push_service):
    push_service.answer(push_service.device_of(cast.sakura.user), 429, **{"Retry-After": "600"})
    ring(cast)
    services.deliver_due()
    assert timedelta(minutes=9) < only().next_at - timezone.now() < timedelta(minutes=11)


@pytest.mark.parametrize("status", [301, 302, 400, 413])
def test_what_cannot_be_mended_ends(cast, push_service, status):
    push_service.answer(
        push_service.device_of(cast.sakura.user), status, Location="http://127.0.0.1:1/"
    )
    ring(cast)
    services.deliver_due()
    assert only().state == MessageState.FAILED


def test_a_worker_killed_after_claiming_leaves_the_bell_for_the_next(
    cast, push_service, monkeypatch
):
    push_service.device_of(cast.sakura.user)
    ring(cast)
    send = webpush.send
    monkeypatch.setattr(webpush, "send", lambda bells: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.deliver_due()
    monkeypatch.setattr(webpush, "send", send)
    assert services.deliver_due() == 0  # the lease still runs
    assert only().attempts == 1
    PushMessage.objects.update(next_at=timezone.now())
    assert services.deliver_due() == 1
    assert only().state == MessageState.ACCEPTED
    assert len(push_service.messages()) == 1


def test_after_six_attempts_it_is_called_failed(cast, push_service):
    push_service.answer(push_service.device_of(cast.sakura.user), 503)
    ring(cast)
    for _ in range(services.MAX_ATTEMPTS + 1):
        PushMessage.objects.filter(state=MessageState.PENDING).update(next_at=timezone.now())
        services.deliver_due()
    assert only().state == MessageState.FAILED
    assert only().attempts == services.MAX_ATTEMPTS


def test_what_nobody_needs_any_more_is_not_rung(cast, push_service):
    push_service.device_of(cast.sakura.user)
    ring(cast, expires_at=timezone.now() - timedelta(seconds=1))
    assert services.deliver_due() == 0
    assert only().state == MessageState.EXPIRED
    assert push_service.messages() == []


def test_a_service_that_does_not_answer_is_tried_later(cast, settings):
    settings.PUSH_SANDBOX_ORIGIN = "http://127.0.0.1:9"
    services.subscribe(cast.sakura.user, "http://127.0.0.1:9/push/x", *keys()[1:])
    ring(cast)
    services.deliver_due()
    assert only().state == MessageState.PENDING
    assert only().http_status is None
