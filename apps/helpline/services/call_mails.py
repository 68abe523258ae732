"""Sends the mails of calls: a link without content. The Call row is the queue."""

import logging
import time
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from apps.core import clock
from apps.core.email_addresses import mail_subject
from apps.helpline.models import Call, CallMailState, HelpState
from apps.helpline.services.escalation_subjects import subject_of
from apps.mail.services.server import transport

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 8
LEASE = timedelta(minutes=2)  # longer than EMAIL_TIMEOUT; then a killed worker's mail is due again
TIME_LIMIT_S = 60  # below the task's soft limit


def send_call_mails(limit=100):
    """Send up to ``limit`` due mails, one by one; returns how many were tried.

    A mail is claimed (SKIP LOCKED) and its attempt committed before it is sent. SMTP cannot
    guarantee "once" where a worker dies between sending and saving: the second copy then
    has the same Message-ID.
    """
    began, n_tried = time.monotonic(), 0
    while n_tried < limit and time.monotonic() - began < TIME_LIMIT_S and (call := _claim()):
        _settle(call, _sent(call))
        n_tried += 1
    return n_tried


@transaction.atomic
def _claim():
    now = clock.now()
    due = Call.objects.due(now)
    due.filter(attempts__gte=MAX_ATTEMPTS).update(mail_state=CallMailState.FAILED)
    due.filter(step__request__isnull=False).exclude(step__request__state=HelpState.SENT).update(
        mail_state=CallMailState.NONE  # somebody whom the student chose has opened it meanwhile
    )
    due.filter(looked_at__isnull=False).update(mail_state=CallMailState.NONE)
    call = (
        Call.objects.due(now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("step__request__student", "step__drill", "person")
        .order_by("next_at")
        .first()
    )
    if call:
        call.attempts, call.next_at = call.attempts + 1, now + LEASE
        call.save(update_fields=["attempts", "next_at"])
    return call


def _sent(call):
    """Whether the mail server accepted it; errors are logged with the id only."""
    about = subject_of(call.step)
    subject, body = map(str, about.mail)
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    mail = EmailMessage(
        mail_subject(subject),
        body.format(url=f"{settings.PORTAL_URL}{about.url}"),
        to=[call.person.email],
        headers={"Message-ID": f"<{call.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
        connection=transport(),  # runs in the worker: the Call row is the queue
    )
    try:
        return bool(mail.send())
    except (SMTPException, OSError) as error:
        log.warning("mail of call %s not sent: %s", call.pk, type(error).__name__)
        return False


def _settle(call, is_sent):
    now = clock.now()
    pending_call = Call.objects.filter(pk=call.pk, mail_state=CallMailState.PENDING)
    if is_sent:
        pending_call.update(mail_state=CallMailState.SENT, mailed_at=now)
    elif call.attempts >= MAX_ATTEMPTS:
        pending_call.update(mail_state=CallMailState.FAILED)
    else:
        pending_call.update(next_at=now + timedelta(seconds=15 * 2**call.attempts))
