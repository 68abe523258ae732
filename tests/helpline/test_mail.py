"""Mails say nothing, go out once, come back after a failure, and are spared when somebody looked."""

import smtplib
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from apps.helpline import services
from apps.helpline.models import Call, MailState
from apps.vault.services import Reason


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-24T10:00+09:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def wish(on_duty, clock):
    made = services.ask(
        student=on_duty.sakura, wanted="nurse", topic="home", words="だれにも いえない",
        form_key=uuid.uuid4(),
    )  # fmt: skip
    services.escalate_due()
    return made


@pytest.fixture
def broken(monkeypatch):
    def refuse(*_, **__):
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)


def test_the_mail_is_a_link_and_nothing_else(on_duty, wish, settings):
    assert services.deliver_mail() == 1
    (sent,) = mail.outbox
    assert sent.to == [on_duty.nurse.user.email]
    assert settings.PORTAL_URL + reverse("admin:helpline_open", args=[wish.pk]) in sent.body
    for secret in (on_duty.sakura.given_name, "いえない", "1年1組", "話したい", "相談", "生徒"):
        assert secret not in sent.subject + sent.body
    assert sent.extra_headers["Message-ID"].startswith(f"<{Call.objects.get().pk}@")
    assert services.deliver_mail() == 0
    assert Call.objects.get().mail_state == MailState.SENT


def test_a_mail_server_that_is_away_gets_it_later(wish, clock, monkeypatch, broken):
    assert services.deliver_mail() == 1
    assert (mail.outbox, services.deliver_mail()) == ([], 0)
    monkeypatch.undo()
    clock.shift(timedelta(seconds=30))
    assert services.deliver_mail() == 1
    assert len(mail.outbox) == 1


def test_the_end_of_trying_can_be_seen(wish, clock, broken, sign_in, on_duty):
    for _ in range(10):
        services.deliver_mail()
        clock.shift(timedelta(hours=2))
    assert Call.objects.get().mail_state == MailState.FAILED
    page = sign_in(on_duty.nurse.user).get(reverse("admin:helpline_open", args=[wish.pk]))
    assert "送れませんでした" in page.content.decode()


def test_a_worker_killed_while_sending_leaves_it_to_another_after_the_lease(wish, clock):
    assert services.mailing._claim() is not None
    assert services.deliver_mail() == 0
    clock.shift(timedelta(minutes=2))
    assert services.deliver_mail() == 1
    assert len(mail.outbox) == 1


def test_who_need_not_look_any_more_gets_no_mail(on_duty, wish):
    services.see(wish, actor=on_duty.nurse.user, reason=Reason.STUDENT_ASKED)
    assert services.deliver_mail() == 0
    assert Call.objects.get().mail_state == MailState.NONE
    assert mail.outbox == []


def test_who_has_no_address_gets_none(on_duty, clock):
    on_duty.nurse.user.email = ""
    on_duty.nurse.user.save()
    services.ask(student=on_duty.sakura, wanted="nurse", form_key=uuid.uuid4())
    services.escalate_due()
    assert Call.objects.get().mail_state == MailState.NONE
