"""Call mails reveal nothing, go out once, are retried, and are skipped once somebody looked."""

import smtplib
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from apps.helpline.models import Call, CallMailState
from apps.helpline.services import call_mails, escalation, help_requests, replies
from apps.vault.services.sealed_content import OpeningReason


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-24T10:00+09:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def help_request(on_duty, clock):
    sent = help_requests.send_help_request(
        student=on_duty.sakura, wanted="nurse", topic="home", words="だれにも いえない",
        form_key=uuid.uuid4(),
    )  # fmt: skip
    escalation.escalate_due()
    return sent


@pytest.fixture
def broken(monkeypatch):
    def refuse(*_, **__):
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)


def test_the_mail_is_a_link_and_nothing_else(on_duty, help_request, settings):
    assert call_mails.send_call_mails() == 1
    (sent,) = mail.outbox
    assert sent.to == [on_duty.nurse.user.email]
    assert settings.PORTAL_URL + reverse("admin:helpline_open", args=[help_request.pk]) in sent.body
    for secret in (on_duty.sakura.given_name, "いえない", "1年1組", "話したい", "相談", "生徒"):
        assert secret not in sent.subject + sent.body
    assert sent.extra_headers["Message-ID"].startswith(f"<{Call.objects.get().pk}@")
    assert call_mails.send_call_mails() == 0
    assert Call.objects.get().mail_state == CallMailState.SENT


def test_a_mail_server_that_is_away_gets_it_later(help_request, clock, monkeypatch, broken):
    assert call_mails.send_call_mails() == 1
    assert (mail.outbox, call_mails.send_call_mails()) == ([], 0)
    monkeypatch.undo()
    clock.shift(timedelta(seconds=30))
    assert call_mails.send_call_mails() == 1
    assert len(mail.outbox) == 1


def test_the_end_of_trying_can_be_seen(help_request, clock, broken, sign_in, on_duty):
    for _ in range(10):
        call_mails.send_call_mails()
        clock.shift(timedelta(hours=2))
    assert Call.objects.get().mail_state == CallMailState.FAILED
    page = sign_in(on_duty.nurse.user).get(reverse("admin:helpline_open", args=[help_request.pk]))
    assert "送れませんでした" in page.content.decode()


def test_a_worker_killed_while_sending_leaves_it_to_another_after_the_lease(help_request, clock):
    assert call_mails._claim() is not None
    assert call_mails.send_call_mails() == 0
    clock.shift(timedelta(minutes=2))
    assert call_mails.send_call_mails() == 1
    assert len(mail.outbox) == 1


def test_who_need_not_look_any_more_gets_no_mail(on_duty, help_request):
    replies.open_request(help_request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED)
    assert call_mails.send_call_mails() == 0
    assert Call.objects.get().mail_state == CallMailState.NONE
    assert mail.outbox == []


def test_who_has_no_address_gets_none(on_duty, clock):
    on_duty.nurse.user.email = ""
    on_duty.nurse.user.save()
    help_requests.send_help_request(student=on_duty.sakura, wanted="nurse", form_key=uuid.uuid4())
    escalation.escalate_due()
    assert Call.objects.get().mail_state == CallMailState.NONE
