"""Sends queued mails. An attempt is counted and committed before the server is contacted.

SMTP cannot promise "once" where a worker dies between sending and deleting: the second copy then
has the same Message-ID.
"""

import logging
import time
from datetime import timedelta
from smtplib import SMTPException

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction

from apps.core import clock
from apps.mail import retry_rules
from apps.mail.models import MailFault, OutgoingMail
from apps.mail.services import failures, serialisation, server

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)  # the mail of a killed worker is retried after this time
MAX_RUN_S = 60  # below the task's soft limit


def send_due(limit: int = 500) -> int:
    """Send what is due, one by one over one connection; returns how many were sent.

    One worker sends at a time, so that the others stay free for help requests. Mails queued while
    it finished are found by a second look.
    """
    failures.give_up_expired()
    n_sent, ends_at = 0, time.monotonic() + MAX_RUN_S
    while _is_something_due() and time.monotonic() < ends_at:
        with server.sender_lease() as is_ours:
            if not is_ours:
                break
            n_sent += _send_batch(limit, ends_at)
    return n_sent


def _send_batch(limit, ends_at):
    n_sent, connection = 0, server.transport()
    try:
        for _ in range(limit):
            mail = _claim() if time.monotonic() < ends_at else None
            if mail is None or not _try(mail, connection):
                break
            n_sent += not OutgoingMail.objects.filter(pk=mail.pk).exists()
    finally:
        _close_connection(connection)
    return n_sent


def _is_something_due():
    return OutgoingMail.objects.due(clock.now()).exists()


@transaction.atomic
def _claim():
    """The next mail, its attempt counted and its lease begun; None where nothing is due."""
    now = clock.now()
    mail = OutgoingMail.objects.due(now).select_for_update(skip_locked=True, of=("self",)).first()
    if mail:
        mail.attempts, mail.next_at = mail.attempts + 1, now + LEASE
        mail.save(update_fields=["attempts", "next_at"])
    return mail


def _try(mail, connection):
    """Send one mail and update its row; returns whether to try the next one."""
    server.extend_lease()
    try:
        message = serialisation.parse_message(mail.content, _headers(mail))
    except (ValueError, KeyError):
        failures.give_up(mail, MailFault.UNREADABLE)
        return True
    if message.is_dropped:
        OutgoingMail.objects.filter(pk=mail.pk).delete()
        return True
    try:
        connection.open()
        connection.send_messages([message])
    except (SMTPException, OSError, SoftTimeLimitExceeded) as error:
        return _settle_failure(mail, message, error)
    OutgoingMail.objects.filter(pk=mail.pk).delete()
    server.resume_server()
    return True


def _settle_failure(mail, message, error):
    log.warning("mail %s (%s) not sent: %s", mail.pk, mail.kind, type(error).__name__)
    if retry_rules.is_final(error):
        failures.give_up(mail, MailFault.REFUSED, message.recipients())
        server.resume_server()
        return True
    wait = retry_rules.retry_delay(mail.attempts)
    OutgoingMail.objects.filter(pk=mail.pk).update(next_at=clock.now() + wait)
    if retry_rules.is_about_mail(error):
        server.resume_server()
        return True
    server.pause_server()
    return False


def _headers(mail):
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return {"Message-ID": f"<{mail.pk}@{domain}>", "Auto-Submitted": "auto-generated"}


def _close_connection(connection):
    try:
        connection.close()
    except (SMTPException, OSError) as error:
        log.info("the mail server did not take our leave: %s", type(error).__name__)
