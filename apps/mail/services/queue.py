"""Keeping a mail until a worker sends it: nobody who asks for one waits for a mail server."""

import logging
from datetime import timedelta

from django.core.mail import EmailMessage

from apps.core import clock
from apps.mail.models import OutgoingMail
from apps.mail.services import serialisation

log = logging.getLogger(__name__)
SEND_DUE_TASK = "mail.send_due"  # the task that sends
DEFAULT_LIFETIME = timedelta(days=3)  # for which a mail without a life of its own is tried


def queue_mail(message: EmailMessage) -> OutgoingMail:
    """Keep one mail, sealed, in the caller's transaction; a worker is asked to send it.

    ``message.lasts_s`` (seconds) says how long it is of use: a code is not sent after its life.
    One with ``message.is_dropped`` is kept and never sent: asking for it looks the same.
    ``message.kind`` is a word for the list of those that never arrived.
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
