"""Helpers that damage a row or a key as a bad disk would."""

import pgtrigger
from django.conf import settings

from apps.vault.share_urls import folder_of
from tests.database_roles import as_owner

DAMAGE_WORDS = "こわれていて"  # on every page for grown-ups that shows damage
DAMAGE_WORDS_FOR_STUDENTS = "は こわれていて"


def damage(row):
    """Change one bit of what a sealed row holds, in the table."""
    row.refresh_from_db()
    sealed = bytes(row.sealed)
    with as_owner(), pgtrigger.ignore():  # a disk asks no trigger
        type(row).objects.filter(pk=row.pk).update(sealed=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    row.refresh_from_db()
    return row


def share_of(key_id):
    """The file that holds the other half of a key."""
    return folder_of(settings.KEY_SHARES_URL) / str(key_id)[:2] / str(key_id)


def lose_share(key_id):
    """Take the file away; its bytes, to put it back."""
    path = share_of(key_id)
    content = path.read_bytes()
    path.unlink()
    return content
