"""Fixtures: queued mails, and a real server that can hang or refuse."""

import pytest
from django.core.mail import EmailMessage

from apps.mail.models import OutgoingMail
from tests.faults.conftest import mailbox  # noqa: F401 - a fixture

SMTP = "apps.core.email_addresses.QuotingEmailBackend"


@pytest.fixture
def queued(db, settings):
    """Django's ``send()`` queues, as it does in production."""
    settings.EMAIL_BACKEND = "apps.mail.backend.QueueBackend"


@pytest.fixture
def server(queued, settings, mailbox):  # noqa: F811
    """A mail server of this test, contacted with short timeouts."""
    settings.MAIL_TRANSPORT, settings.EMAIL_TIMEOUT = SMTP, 1
    settings.EMAIL_HOST, settings.EMAIL_PORT = mailbox.server_address
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    return mailbox


def send(to="midori@example.com", *, lasts_s=None, words="コードは 48213 です"):
    """Send one mail as anybody does; returns its row."""
    message = EmailMessage("加賀ポータル", words, to=[to])
    message.kind = "password_reset_code"
    if lasts_s is not None:
        message.lasts_s = lasts_s
    message.send()
    return OutgoingMail.objects.latest("created_at")
