"""Making, holding, wrapping and destroying the keys of (student, purpose)."""

import logging
import time
from functools import lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.core.rows import ask, ask_planned
from apps.vault import crypto
from apps.vault.data_keys import DataKey
from apps.vault.models import SubjectKey
from apps.vault.shares import NoShare, Shares

log = logging.getLogger(__name__)
LEFT_OVER_AFTER_S = 3600  # a share without its row may belong to a transaction still under way


class NoKey(Exception):
    """There is no key for (student, purpose): nothing may be stored or read."""


def key_ring():
    """The key ring of the environment. Raises crypto.BadKeyRing."""
    return _ring(settings.VAULT_KEYS)


_ring = lru_cache(maxsize=4)(crypto.KeyRing.parse)


def shares():
    """The folder of the shares, as the settings name it."""
    return Shares(settings.KEY_SHARES_FOLDER)


def blind_indexes(label, text):
    """Digests under which a short secret (a card's code) may stand in the database, newest first."""
    return key_ring().blind_indexes(label, text)


def make_key(student, purpose):
    """Make the key of (student, purpose) in the caller's transaction; the existing one if there is.

    Two who make it at once get the same one: the second waits for the first and finds it. Its
    share is on the disk before the row is; where the transaction fails, a sweep removes it.
    """
    mine = SubjectKey.objects.filter(student=student, purpose=purpose)
    found = mine.first()
    if found is None:
        key = SubjectKey(municipality_id=student.municipality_id, student=student, purpose=purpose)
        raw, share = crypto.new_data_key(), crypto.new_data_key()
        key.ring_key, key.wrapped = key_ring().wrap(crypto.xor(raw, share), _key_context(key))
        shares().put(key.pk, share)
        SubjectKey.objects.bulk_create([key], ignore_conflicts=True)
        found = mine.get()
        if found.pk != key.pk:
            shares().destroy(key.pk)
    return found


def destroy_keys_of(student, purposes):
    """Delete a student's keys of these purposes; {purpose: key id} of those there were.

    Waits for writers that hold them FOR SHARE, in the order in which they lock, so that the two
    never embrace; afterwards whatever the keys sealed is unreadable, in the tables and in every
    copy of them: the shares go when the transaction commits.
    """
    (rows,) = ask(
        (
            "DELETE FROM vault_subjectkey WHERE id IN (SELECT id FROM vault_subjectkey "
            "WHERE student_id = %s AND purpose = ANY(%s) ORDER BY id FOR UPDATE) "
            "RETURNING purpose, id",
            [student.pk, list(map(str, purposes))],
        )
    )
    gone = dict(rows)
    _destroy_shares_on_commit(list(gone.values()))
    return gone


def destroy_keys(municipality_id, purpose):
    """Delete every key of a purpose in a municipality; [(student id, key id)] of those there were.

    Locks in the order in which writers lock, so that the two wait and never embrace.
    """
    keys = SubjectKey.objects.filter(municipality=municipality_id, purpose=purpose)
    locked = list(keys.order_by("pk").select_for_update())
    SubjectKey.objects.filter(pk__in=[key.pk for key in locked]).delete()
    _destroy_shares_on_commit([key.pk for key in locked])
    return [(key.student_id, key.pk) for key in locked]


def sweep_shares():
    """Remove the shares whose key is gone: what a process killed at the wrong moment left behind.

    Returns how many. A share of the last hour is left alone: its row may not be committed yet.
    What was destroyed since the last time leaves the disk too.
    """
    old = list(shares().older_than(time.time() - LEFT_OVER_AFTER_S))
    alive = set(SubjectKey.objects.filter(pk__in=old).values_list("pk", flat=True))
    left_over = [key_id for key_id in old if key_id not in alive]
    for key_id in left_over:
        shares().destroy(key_id)
    shares().bury()
    return len(left_over)


def _destroy_shares_on_commit(key_ids):
    def destroy():
        for key_id in key_ids:
            shares().destroy(key_id)

    transaction.on_commit(destroy, robust=True)


def writing_key(student_id, purpose):
    """The data key, locked FOR SHARE until the caller's transaction ends.

    Raises NoKey, also while it is paused (``pausing.is_paused`` tells the two apart).
    """
    keys = writing_keys([student_id], purpose)
    if student_id not in keys:
        raise NoKey(f"No key for purpose {purpose}.")
    return keys[student_id]


def writing_keys(student_ids, purpose):
    """{student id: DataKey} of those who have one, locked FOR SHARE (call inside a transaction)."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("writing_keys needs a transaction")
    rows = SubjectKey.objects.raw(
        "SELECT * FROM vault_subjectkey WHERE purpose = %s AND student_id = ANY(%s) "
        "AND paused_at IS NULL ORDER BY id FOR SHARE",
        [purpose, list(student_ids)],
    )
    return {key.student_id: key for key in usable(rows)}


def known_keys(student_ids, purpose):
    """{student id: DataKey} of those who have one, not locked: to seal ahead of ``hold_keys``."""
    rows = SubjectKey.objects.in_use().filter(purpose=purpose, student__in=student_ids)
    return {key.student_id: key for key in usable(rows)}


def keys_of(student_ids, purpose):
    """The same for ids (UUIDs) at hand, by a statement the database has planned already."""
    rows = ask_planned(_KEYS_OF, {"students": list(student_ids), "purpose": str(purpose)})
    found = (SimpleNamespace(**dict(zip(_KEY_FIELDS, row, strict=True))) for row in rows)
    return {key.student_id: key for key in usable(found)}


_KEY_FIELDS = ("pk", "student_id", "purpose", "ring_key", "wrapped", "has_share")
_KEYS_OF = """
    SELECT id, student_id, purpose, ring_key, wrapped, has_share FROM vault_subjectkey
    WHERE student_id = ANY(%(students)s::uuid[]) AND purpose = %(purpose)s AND paused_at IS NULL
"""


def hold_keys(key_ids):
    """Those of the keys (set of ids) still in use, locked FOR SHARE until the transaction ends.

    For a long transaction that sealed under ``known_keys``: asked last, it makes a withdrawal
    wait for the commit alone, and what was sealed under a key that is gone is not to be kept.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("hold_keys needs a transaction")
    rows = SubjectKey.objects.raw(
        "SELECT id FROM vault_subjectkey WHERE id = ANY(%s) AND paused_at IS NULL "
        "ORDER BY id FOR SHARE",
        [list(key_ids)],
    )
    return {key.pk for key in rows}


@transaction.atomic
def rewrap_some(limit=200):
    """Wrap up to ``limit`` keys anew under the newest key of the ring; how many were not yet.

    What the keys sealed stays as it is; a key made before there were shares gets one. Each call
    is one transaction and continues where the last one ended; 0 means that the older ring keys
    are no longer needed. Raises CannotOpen.
    """
    ring = key_ring()
    stale = SubjectKey.objects.filter(~Q(ring_key=ring.newest) | Q(has_share=False)).order_by("pk")
    keys = list(stale.select_for_update()[:limit])
    for key in keys:
        half = ring.unwrap(key.ring_key, key.wrapped, _key_context(key))
        key.ring_key, key.wrapped = ring.wrap(_with_share(key, half), _key_context(key))
    SubjectKey.objects.bulk_update(keys, ["ring_key", "wrapped", "has_share"])
    return len(keys)


def _with_share(key, half):
    """What is to be wrapped: the half as it is, or, of a key still whole, the half that remains."""
    if key.has_share:
        return half
    share = crypto.new_data_key()
    shares().destroy(key.pk)  # of a rotation that was stopped before it committed
    shares().put(key.pk, share)
    key.has_share = True
    return crypto.xor(half, share)


def what_hinders():
    """Sentences (English, for the terminal) about keys that this environment cannot use.

    One sample of each ring key is unwrapped: a ring that lost a key or holds another one under
    its id, and a folder of shares that belongs to another database, are found before work begins.
    """
    ring, known = key_ring(), {name for name, _ in key_ring().keys}
    used = SubjectKey.objects.order_by("ring_key", "-made_at").distinct("ring_key")
    for sample in used:
        if sample.ring_key not in known:
            n_keys = SubjectKey.objects.filter(ring_key=sample.ring_key).count()
            yield f"VAULT_KEYS lacks the key {sample.ring_key!r}: {n_keys} subject keys need it."
            continue
        try:
            _unwrapped(sample, ring)
        except crypto.CannotOpen:
            yield f"VAULT_KEYS holds another key under the id {sample.ring_key!r} than before."
        except NoShare:
            yield "KEY_SHARES_FOLDER has no share of a key in use: is it the folder of this database?"


def usable(rows):
    """The DataKeys of SubjectKeys (iterable); one whose share is gone is no key any more."""
    ring = key_ring()
    for row in rows:
        try:
            yield _unwrapped(row, ring)
        except NoShare:
            log.warning("key %s has no share", row.pk)


def _unwrapped(row, ring):
    raw = ring.unwrap(row.ring_key, row.wrapped, _key_context(row))
    if row.has_share:
        raw = crypto.xor(raw, shares().get(row.pk))
    return DataKey(row.pk, row.student_id, row.purpose, raw)


def _key_context(key):
    return f"key|{key.pk}|{key.student_id}|{key.purpose}".encode()
