"""The mail server's state, shared by all workers: one sends at a time, and an unreachable one is
left alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F

from apps.core import clock
from apps.mail.models import MailServer
from apps.mail.retry_rules import server_pause

LEASE = timedelta(seconds=60)


def transport() -> BaseEmailBackend:
    """The backend that really sends: the one EMAIL_URL names."""
    return get_connection(settings.MAIL_TRANSPORT)


@contextmanager
def sender_lease() -> Iterator[bool]:
    """Whether this worker is the one that sends now; a dead worker's lease expires."""
    MailServer.objects.bulk_create([MailServer(pk=1)], ignore_conflicts=True)
    now = clock.now()
    free = MailServer.objects.filter(pk=1, leased_until__lte=now, paused_until__lte=now)
    is_ours = bool(free.update(leased_until=now + LEASE))
    try:
        yield is_ours
    finally:
        if is_ours:
            MailServer.objects.filter(pk=1).update(leased_until=clock.now())


def extend_lease() -> None:
    """Extend this worker's lease."""
    MailServer.objects.filter(pk=1).update(leased_until=clock.now() + LEASE)


def pause_server() -> None:
    """The server did not answer or refused us: leave it alone for a while."""
    server, now = MailServer.objects.get(pk=1), clock.now()
    MailServer.objects.filter(pk=1).update(
        n_failures=F("n_failures") + 1,
        paused_until=now + server_pause(server.n_failures + 1),
        away_since=server.away_since or now,
    )


def resume_server() -> None:
    """The server answered."""
    MailServer.objects.filter(pk=1, n_failures__gt=0).update(n_failures=0, away_since=None)
