"""Ended keys: recorded in the database, and on the list kept with the shares."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.core.sql_batches import StatementBatch, execute
from apps.vault.damage import DamageFinding
from apps.vault.erasure_list import Erasure
from apps.vault.models import (
    DamageKind,
    DestroyedKey,
    KeyEnd,
    ReplacedKey,
    SubjectKey,
    UnknownShare,
)
from apps.vault.services.damage_reports import report_damage
from apps.vault.services.share_store import current_store, store_problem
from apps.vault.shares import StoreUnavailable

BATCH_SIZE = 1000
# A share without a row may be of a running transaction, or of a database restored from before it
# was made: then another, later backup may still come.
ORPHANED_AFTER = timedelta(days=7)
log = logging.getLogger(__name__)


class LastKeyEnd(NamedTuple):
    """When the last key of a purpose ended, and whether every earlier agreement ended with it.

    ``is_blank``: this database cannot tell who ended it, so nobody's earlier yes counts.
    """

    ended_at: datetime
    cancels_agreements: bool


# As ``key_ends_of``: student_id, purpose, ended_at, is_blank. A declared loss is one.
KEY_ENDS_SQL = """
    SELECT student_id, purpose, max(ended_at), bool_or(cancels_agreements) FROM (
        SELECT student_id, purpose, ended_at, how IN ('replayed', 'unexplained') AS cancels_agreements
        FROM vault_destroyedkey WHERE student_id = ANY(%(students)s) AND how <> 'circumstances'
        UNION ALL
        SELECT student_id, purpose, lost_at, true
        FROM vault_replacedkey WHERE student_id = ANY(%(students)s) AND lost_at IS NOT NULL
    ) ends GROUP BY student_id, purpose, cancels_agreements
"""


def record_key_ends(
    ends: Iterable[tuple[UUID | None, Erasure]], how: str, batch: StatementBatch | None = None
) -> None:
    """Keep (municipality id, Erasure)s of deleted keys; after the commit they are listed with the
    shares and their shares overwritten.

    Where the store is unavailable the sweep does that later. In the caller's transaction.
    """
    ends = list(ends)
    for city, erasure in ends:
        execute(_NOTE, [erasure.key_id, city, *erasure[1:], how], batch)
    erasures = [erasure for _, erasure in ends]
    transaction.on_commit(lambda: _erase(erasures), robust=True)


_NOTE = """
    INSERT INTO vault_destroyedkey (id, municipality_id, student_id, purpose, ended_at, how)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, how = excluded.how
    WHERE vault_destroyedkey.how = 'unexplained'
"""


def _erase(erasures):
    """List these keys with the shares, then overwrite their shares (how many there were).

    Where that fails, the sweep does it later.
    """
    if not erasures:
        return 0
    try:
        store = current_store()
        store.append_erased(erasures)
        n_there = store.destroy_many([erasure.key_id for erasure in erasures])
    except (StoreUnavailable, OSError) as error:
        log.error("%s shares are to be erased later: %s", len(erasures), error)
        return 0
    listed = DestroyedKey.objects.filter(pk__in=[erasure.key_id for erasure in erasures])
    listed.update(listed_at=clock.now())
    return n_there


def sweep_shares(part: int = 0, n_parts: int = 1) -> int:
    """Erase what a killed process or an unavailable store left behind; how many shares.

    First the keys that ended and are not on the list, then shares that belong to no key at all:
    of these only one of ``n_parts`` parts of the store is looked through. Nothing while the store is
    unavailable.
    """
    if store_problem() is not None:
        return 0
    _report_unexplained()
    unlisted = DestroyedKey.objects.filter(listed_at=None).exclude(how=KeyEnd.UNEXPLAINED)
    found = unlisted.order_by("ended_at").values_list("pk", "student_id", "purpose", "ended_at")
    n_erased = _erase([Erasure(*row) for row in found[:BATCH_SIZE]])
    left_over = list(_left_over(part, n_parts))
    for key_ids in _batches(left_over):
        current_store().destroy_many(key_ids)
    current_store().purge_destroyed()
    return n_erased + len(left_over)


def _left_over(part, n_parts):
    """Shares of listed keys (a power cut restored them), and old ones of no key at all."""
    for key_ids in _batches(current_store().key_ids(part, n_parts)):
        dead = set(key_ids) - _ids(SubjectKey, key_ids)
        dead -= _ids(ReplacedKey, dead) if dead else set()
        ended = DestroyedKey.objects.filter(pk__in=dead).values_list("pk", "listed_at", "how")
        known = {
            pk: listed_at is not None and how != KeyEnd.UNEXPLAINED for pk, listed_at, how in ended
        }
        yield from (pk for pk, is_listed in known.items() if is_listed)
        yield from _unknown_for_long(dead - known.keys())
    UnknownShare.objects.filter(pk__in=SubjectKey.objects.values("pk")).delete()


def _unknown_for_long(key_ids):
    now = clock.now()
    UnknownShare.objects.bulk_create(
        [UnknownShare(pk=key_id, seen_at=now) for key_id in key_ids], ignore_conflicts=True
    )
    old = UnknownShare.objects.filter(pk__in=key_ids, seen_at__lt=now - ORPHANED_AFTER)
    return list(old.values_list("pk", flat=True))


def _ids(model, key_ids):
    return set(model.objects.filter(pk__in=key_ids).values_list("pk", flat=True))


def _batches(ids):
    ids = iter(ids)
    while batch := list(islice(ids, BATCH_SIZE)):
        yield batch


def _report_unexplained():
    """Report keys whose row was deleted other than by this app to the privacy officer."""
    rows = DestroyedKey.objects.filter(how=KeyEnd.UNEXPLAINED)[:BATCH_SIZE]
    report_damage(
        [
            DamageFinding(DamageKind.KEY_GONE.value, row.pk, row.municipality_id, row.student_id, row.purpose)
            for row in rows
        ]
    )  # fmt: skip


def unapplied_erasures() -> list:
    """The Erasures on the list that this database does not know: it was restored since.

    Also those of keys whose row was deleted other than by this app. Empty while the store is
    unavailable.
    """
    try:
        listed = {erasure.key_id: erasure for erasure in current_store().erased_keys()}
    except StoreUnavailable:
        return []
    for key_ids in _batches(list(listed)):
        known = DestroyedKey.objects.filter(pk__in=key_ids).exclude(how=KeyEnd.UNEXPLAINED)
        for key_id in known.values_list("pk", flat=True):
            del listed[key_id]
    return list(listed.values())


def reapply_erasure(erasure: Erasure, municipality_id: UUID | None) -> bool:
    """Delete the key of an Erasure that a restored database holds again; whether it was there.

    In the caller's transaction, which has locked the student.
    """
    n_gone = sum(
        model.objects.filter(pk=erasure.key_id).delete()[0] for model in (SubjectKey, ReplacedKey)
    )
    record_key_ends([(municipality_id, erasure)], KeyEnd.REPLAYED)
    return n_gone > 0


def key_ends_of(student_ids) -> dict:
    """{student id: {purpose: [KeyEnding]}} of the ends after which an old agreement may not count.

    Not those by circumstances: when these are over, the same agreement holds again.
    """
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(KEY_ENDS_SQL, {"students": list(student_ids)})
        return group_key_ends(cursor.fetchall())


def group_key_ends(rows) -> dict:
    """{student id: {purpose: [KeyEnding]}} of the rows of ENDS."""
    found = {}
    for student_id, purpose, ended_at, is_blank in rows:
        found.setdefault(student_id, {}).setdefault(purpose, []).append(
            LastKeyEnd(ended_at, is_blank)
        )
    return found
