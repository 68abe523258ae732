"""Queues mails, so that no request waits for a mail server."""

import logging
from datetime import timedelta

from django.core.mail import EmailMessage

from apps.core import clock
from apps.mail.models import OutgoingMail
from apps.mail.services import serialisation

log = logging.getLogger(__name__)
SEND_DUE_TASK = "mail.send_due"  # the task that sends
DEFAULT_LIFETIME = timedelta(days=3)  # how long a mail without its own lifetime is retried


def queue_mail(message: EmailMessage) -> OutgoingMail:
    """Store one mail, encrypted, in the caller's transaction, and wake a worker.

    ``message.lasts_s`` (seconds) is its lifetime: a code is not sent after it has expired. One with
    ``message.is_dropped`` is stored and never sent, so that asking for it looks the same.
    ``message.kind`` is its kind in the list of failed mails.
    """
    now = clock.now()
    lasts_s = getattr(message, "lasts_s", None)
    mail = OutgoingMail.objects.create(
        kind=getattr(message, "kind", "")[:60] or "message",
        content=serialisation.serialise_message(message),
        created_at=now,
        next_at=now,
        expires_at=now + (DEFAULT_LIFETIME if lasts_s is None else timedelta(seconds=lasts_s)),
    )
    clock.wake_worker(SEND_DUE_TASK)
    return mail
