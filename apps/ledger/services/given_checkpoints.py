"""Gives the newest checkpoint to another party once a day: into a place, or by mail."""

import logging
import os
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import EmailMessage
from redis.exceptions import RedisError

from apps.core import clock
from apps.core.email_addresses import mail_subject
from apps.core.storage_aliases import LEDGER_COPY
from apps.ledger import words
from apps.ledger.services.checkpoint_files import newest_checkpoint_file, parse_file

MAILED_KEY, KEPT_S = "ledger.given_by_mail.{day}", 2 * 24 * 3600
log = logging.getLogger(__name__)


def give_newest_checkpoint() -> int:
    """Put the newest checkpoint where LEDGER_COPY_URL and LEDGER_COPY_MAIL say; how many places.

    Nothing happens before the first checkpoint. A day's file is written once, a day's mail is sent
    once; the next day makes up for a place that was away.
    """
    text = newest_checkpoint_file()
    if not text:
        return 0
    return _into_place(text) + _by_mail(text)


def write_file(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _into_place(text: str) -> int:
    if LEDGER_COPY not in storages.backends:
        return 0
    name = f"checkpoint-{clock.today():%Y-%m-%d}.json"
    try:
        if not storages[LEDGER_COPY].exists(name):
            storages[LEDGER_COPY].save(name, ContentFile(text.encode()))
    except OSError as error:
        log.error("the day's checkpoint was not given away: %s", type(error).__name__)
        return 0
    return 1


def _by_mail(text: str) -> int:
    if not settings.LEDGER_COPY_MAIL or not _is_first_today():
        return 0
    given = parse_file(text.encode())
    body = words.GIVEN_BODY % {"portal": settings.PORTAL_URL, "file": text}
    subject = mail_subject(words.GIVEN_SUBJECT % {"number": given.number})
    for address in settings.LEDGER_COPY_MAIL:
        message = EmailMessage(subject, body, to=[address])
        message.kind = "ledger_checkpoint"  # type: ignore[attr-defined]
        message.send()
    return len(settings.LEDGER_COPY_MAIL)


def _is_first_today() -> bool:
    try:
        return cache.add(MAILED_KEY.format(day=clock.today()), 1, KEPT_S)
    except RedisError:
        return True
