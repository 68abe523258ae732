"""Pausing keys: from that moment nothing is read or stored under them, and nothing is lost."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.vault.models import DestroyedKey, KeyEnd, SubjectKey


class KeyPause(NamedTuple):
    """Since when a key is paused, and from when it may be destroyed (None: not decided)."""

    paused_at: datetime | None
    destroy_after: datetime | None


@transaction.atomic
def pause_keys(key_ids, *, destroy_after=None):
    """Pause these keys and set from when they may be destroyed; the ids of those newly paused.

    ``key_ids`` is an iterable of UUIDs, ``destroy_after`` a datetime or None (not decided). Waits
    for writers that hold a key FOR SHARE, in the common lock order; later writers find nothing to
    write under. A key that is gone stays gone.
    """
    keys = _locked(key_ids)
    new = [key.pk for key in keys if key.paused_at is None]
    of_all = SubjectKey.objects.filter(pk__in=[key.pk for key in keys])
    of_all.update(destroy_after=None)  # in two steps, so that the constraint holds in between
    of_all.filter(paused_at=None).update(paused_at=clock.now())
    of_all.update(destroy_after=destroy_after)
    return set(new)


@transaction.atomic
def resume_keys(key_ids):
    """Put paused keys back in use; the ids of those that were paused."""
    paused = [key.pk for key in _locked(key_ids) if key.paused_at is not None]
    SubjectKey.objects.filter(pk__in=paused).update(paused_at=None, destroy_after=None)
    return set(paused)


def is_paused(student_id: UUID, purpose: str) -> bool:
    """Whether there is a key of (student, purpose) that is paused now."""
    paused = SubjectKey.objects.paused()
    return paused.filter(student=student_id, purpose=purpose).exists()


def pauses_of(student_ids, purposes=None) -> dict:
    """{(student id, purpose): KeyPause} of the paused keys of these students."""
    found = SubjectKey.objects.paused().filter(student__in=student_ids)
    found = found if purposes is None else found.filter(purpose__in=purposes)
    rows = found.values_list("student_id", "purpose", "paused_at", "destroy_after")
    return {(student, purpose): KeyPause(*times) for student, purpose, *times in rows}


def existing_keys(key_ids) -> set:
    """Those of the keys (ids) that were not destroyed: in use, damaged, paused or replaced.

    Also one that this database does not know (it was restored from before the key was made), and
    one whose row was deleted other than by this app.
    """
    ended = DestroyedKey.objects.filter(pk__in=key_ids).exclude(how=KeyEnd.UNEXPLAINED)
    return set(key_ids) - set(ended.values_list("pk", flat=True))


def lock_keys(key_ids):
    """Lock these keys before several steps with them, in the common lock order."""
    if key_ids:
        list(SubjectKey.objects.filter(pk__in=key_ids).order_by("pk").select_for_update())


def _locked(key_ids):
    keys = SubjectKey.objects.filter(pk__in=list(key_ids)).order_by("pk")
    return list(keys.select_for_update(no_key=True))
