"""Stores the zip of a checked roster in parts, between the check and the decision."""

import hashlib
import io
from functools import partial

from django.db import transaction

from apps.roster.models import ImportState, RosterImport, RosterPart

PART_BYTES = 1 << 20  # bytes held at once


def as_binary_file(content):
    """Bytes or an open binary file, as a binary file."""
    return io.BytesIO(content) if isinstance(content, bytes) else content


def sha256_of(file):
    """SHA-256 of a file, in hex."""
    found = hashlib.sha256()
    for part in _parts(file):
        found.update(part)
    return found.hexdigest()


def store_zip(roster_import, file):
    """Store the zip with its import."""
    for number, part in enumerate(_parts(file)):
        RosterPart.objects.create(roster_import=roster_import, number=number, body=part)


@transaction.atomic
def drop_checked(imports):
    """Drop checked imports (a QuerySet) without importing them; returns how many."""
    waiting = imports.filter(state=ImportState.CHECKED).order_by("pk").select_for_update()
    chosen = list(waiting.values_list("pk", flat=True))
    delete_zips(chosen)
    return RosterImport.objects.filter(pk__in=chosen).update(state=ImportState.FORGOTTEN)


def delete_zips(imports):
    """Delete the zips of these imports (ids)."""
    RosterPart.objects.filter(roster_import__in=imports).delete()


def _parts(file):
    file.seek(0)
    return iter(partial(file.read, PART_BYTES), b"")
