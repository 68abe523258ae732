"""Making, locking, wrapping and destroying the keys of (student, purpose)."""

from functools import lru_cache
from itertools import islice
from types import SimpleNamespace

from django.conf import settings
from django.db import connection, transaction

from apps.core import clock, crypto
from apps.core.sql_batches import StatementBatch, fetch_prepared
from apps.vault.damage import DamageFinding
from apps.vault.data_keys import DataKey
from apps.vault.erasure_list import Erasure
from apps.vault.models import DamageKind, KeyEnd, ReplacedKey, SubjectKey
from apps.vault.services.damage_reports import report_damage
from apps.vault.services.key_ends import record_key_ends
from apps.vault.services.share_store import current_store
from apps.vault.shares import ShareDamaged, ShareMissing, StoreUnavailable

KEYS_AT_ONCE = 1000  # whose shares are read together


class NoKey(Exception):
    """There is no key for (student, purpose): nothing may be stored or read."""


class DamagedKey(Exception):
    """There is a key for (student, purpose), but it cannot be used now: nobody withdrew."""


def key_ring():
    """The key ring of the environment. Raises crypto.BadKeyRing."""
    return _ring(settings.VAULT_KEYS)


_ring = lru_cache(maxsize=4)(crypto.KeyRing.parse)


def blind_indexes(label, text):
    """Digests under which a short secret (a card's code) is stored, newest first."""
    return key_ring().blind_indexes(label, text)


def keyed_digests(label: str, text: str, names: list[str] | None = None) -> dict[str, bytes]:
    """{id of the ring's key: digest of a short secret under it}, the newest first.

    ``names``: of these keys alone, as far as the ring has them.
    """
    digests = zip([name for name, _ in key_ring().keys], blind_indexes(label, text), strict=True)
    return {name: digest for name, digest in digests if names is None or name in names}


def make_key(student, purpose):
    """Make the key of (student, purpose) in the caller's transaction; the existing one if there is.

    Two concurrent callers get the same key: the second waits for the first. Its share is on disk
    before the row is; if the transaction fails, a sweep removes it. A key that can no longer be
    used is replaced by a new one, and kept as a ReplacedKey. Raises StoreUnavailable: then nothing
    is made or replaced.
    """
    subject_keys = SubjectKey.objects.filter(student=student, purpose=purpose)
    found = subject_keys.first()
    if found is not None and found.paused_at is None and not list(usable_data_keys([found])):
        move_to_replaced(found)
        found = None
    return found or _create_key(subject_keys, SubjectKey(student=student, purpose=purpose))


def make_key_without_store(student, purpose):
    """``make_key`` for what must be kept even while the store is unavailable: a help request, a
    note.

    Then the key stands whole in its row, and gets its share when the store is back. A key whose
    share is unavailable is replaced; it opens again with the store. Never for a purpose of consent.
    """
    try:
        return make_key(student, purpose)
    except StoreUnavailable:
        subject_keys = SubjectKey.objects.filter(student=student, purpose=purpose)
        found = subject_keys.filter(has_share=False).first()
        if found is None:
            for key in subject_keys:
                move_to_replaced(key)
            found = _create_key(
                subject_keys, SubjectKey(student=student, purpose=purpose, has_share=False)
            )
        return found


def _create_key(subject_keys, key):
    """Store a new SubjectKey; the existing one if another transaction was quicker."""
    key.municipality_id = key.student.municipality_id
    raw, share = crypto.new_data_key(), crypto.new_data_key()
    half = crypto.xor(raw, share) if key.has_share else raw
    key.ring_key, key.wrapped = key_ring().wrap(half, key_context(key))
    if key.has_share:
        current_store().put(key.pk, share)
    SubjectKey.objects.bulk_create([key], ignore_conflicts=True)
    found = subject_keys.get()
    if found.pk != key.pk and key.has_share:
        current_store().destroy(key.pk)
    return found


def move_to_replaced(key, *, lost_at=None):
    """Make a ReplacedKey of a SubjectKey, in the caller's transaction.

    ``lost_at`` is when two people declared it lost; nothing takes its place then.
    """
    names = [field.attname for field in SubjectKey._meta.concrete_fields]
    columns = ", ".join(name for name in names if name in _REPLACED_FIELDS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(  # first the copy: what is deleted without one leaves a DestroyedKey
            f"INSERT INTO vault_replacedkey ({columns}, replaced_at, lost_at) "  # noqa: S608
            f"SELECT {columns}, now(), %s FROM vault_subjectkey WHERE id = %s FOR UPDATE",
            [lost_at, key.pk],
        )
        cursor.execute("DELETE FROM vault_subjectkey WHERE id = %s", [key.pk])


def replaced_among(key_ids):
    """{key id: student id} of those of the ids whose key was replaced because of damage."""
    return dict(ReplacedKey.objects.filter(pk__in=key_ids).values_list("pk", "student_id"))


_REPLACED_FIELDS = {field.attname for field in ReplacedKey._meta.concrete_fields}


def destroy_keys_of(student, purposes, how=KeyEnd.DECISION, ended_at=None, batch=None):
    """Delete a student's keys of these purposes.

    Returns ({purpose: key id} of the keys, [(purpose, key id)] of those that had been replaced
    because of damage). ``how`` is a KeyEnd, ``ended_at`` the moment of the answer that ended them
    (None: now).

    Waits for writers that hold them FOR SHARE, in the common lock order, so that the two never
    deadlock; afterwards whatever the keys sealed is unreadable, in the tables and in every copy of
    them: the shares are overwritten when the transaction commits.
    """
    of = [student.pk, list(map(str, purposes))]
    locked, also_replaced, rows, replaced = (batch or StatementBatch()).fetch(
        (
            "SELECT municipality_id, id, student_id, purpose FROM vault_subjectkey "
            "WHERE student_id = %s AND purpose = ANY(%s) ORDER BY id FOR UPDATE",
            of,
        ),
        (
            "SELECT municipality_id, id, student_id, purpose FROM vault_replacedkey "
            "WHERE student_id = %s AND purpose = ANY(%s) ORDER BY id FOR UPDATE",
            of,
        ),
        (_DELETE.format("vault_subjectkey"), of),
        (_DELETE.format("vault_replacedkey"), of),
    )
    moment = ended_at or clock.now()
    record_key_ends(
        [(city, Erasure(*rest, moment)) for city, *rest in [*locked, *also_replaced]],
        how,
        batch,
    )
    return dict(rows), replaced


_DELETE = "DELETE FROM {} WHERE student_id = %s AND purpose = ANY(%s) RETURNING purpose, id"


def key_for_writing(student_id, purpose):
    """The data key, locked FOR SHARE until the caller's transaction ends.

    Raises NoKey, also while it is paused (``key_pauses.is_paused`` tells the two apart), DamagedKey
    where it is in use but cannot be used, and StoreUnavailable where nobody can tell now.
    """
    keys = keys_for_writing([student_id], purpose)
    if student_id in keys:
        return keys[student_id]
    if SubjectKey.objects.in_use().filter(student=student_id, purpose=purpose).exists():
        raise DamagedKey(f"The key for purpose {purpose} cannot be used.")
    raise NoKey(f"No key for purpose {purpose}.")


def keys_for_writing(student_ids, purpose):
    """{student id: DataKey} of those who have one, locked FOR SHARE (call inside a transaction).

    Raises StoreUnavailable.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("writing_keys needs a transaction")
    rows = SubjectKey.objects.raw(
        "SELECT * FROM vault_subjectkey WHERE purpose = %s AND student_id = ANY(%s) "
        "AND paused_at IS NULL ORDER BY id FOR SHARE",
        [purpose, list(student_ids)],
    )
    return {key.student_id: key for key in usable_data_keys(rows)}


def unlocked_keys(student_ids, purpose):
    """{student id: DataKey} of those who have one, not locked: to seal before ``share_lock_keys``.

    Raises StoreUnavailable.
    """
    rows = SubjectKey.objects.in_use().filter(purpose=purpose, student__in=student_ids)
    return {key.student_id: key for key in usable_data_keys(rows)}


def students_with_key(student_ids, purpose):
    """Those of the students (set of ids) who have a key of the purpose, whatever its state."""
    found = SubjectKey.objects.filter(purpose=purpose, student__in=student_ids)
    return set(found.values_list("student_id", flat=True))


def planned_unlocked_keys(student_ids, purpose):
    """The same as ``unlocked_keys`` for ids (UUIDs), by a prepared statement."""
    rows = fetch_prepared(_KEYS_OF, {"students": list(student_ids), "purpose": str(purpose)})
    found = (SimpleNamespace(**dict(zip(_KEY_FIELDS, row, strict=True))) for row in rows)
    return {key.student_id: key for key in usable_data_keys(found)}


_KEY_FIELDS = (
    "pk", "municipality_id", "student_id", "purpose", "ring_key", "wrapped", "has_share",
)  # fmt: skip
_KEYS_OF = """
    SELECT id, municipality_id, student_id, purpose, ring_key, wrapped, has_share
    FROM vault_subjectkey
    WHERE student_id = ANY(%(students)s::uuid[]) AND purpose = %(purpose)s AND paused_at IS NULL
"""


def share_lock_keys(key_ids):
    """Those of the keys (set of ids) still in use, locked FOR SHARE until the transaction ends.

    For a long transaction that sealed under ``unlocked_keys``: called last, it makes a withdrawal
    wait only for the commit; what was sealed under a key that is gone is not to be kept.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("share_lock_keys needs a transaction")
    rows = SubjectKey.objects.raw(
        "SELECT id FROM vault_subjectkey WHERE id = ANY(%s) AND paused_at IS NULL "
        "ORDER BY id FOR SHARE",
        [list(key_ids)],
    )
    return {key.pk for key in rows}


def usable_data_keys(rows, away=None):
    """The DataKeys of SubjectKeys or ReplacedKeys (iterable) that can be used.

    The others are reported as damaged when the iterator is used up. Where the store is unavailable:
    their ids are added to the set ``away``, without one StoreUnavailable is raised.
    """
    ring, findings, rows = key_ring(), [], iter(rows)
    while batch := list(islice(rows, KEYS_AT_ONCE)):
        shares = shares_of(batch)
        for row in batch:
            try:
                yield unwrap_key(row, ring, shares)
            except StoreUnavailable:
                if away is None:
                    raise
                away.add(row.pk)
            except UNUSABLE_KEY_ERRORS as error:
                findings.append(key_finding(row, error))
    report_damage(findings)


UNUSABLE_KEY_ERRORS = (ShareMissing, crypto.CannotUnseal)


def key_finding(row, error):
    """The DamageFinding for a key that ``unwrap_key`` refused with this error."""
    kind = DamageKind.KEY_CHANGED
    if isinstance(error, ShareMissing):
        is_bad = isinstance(error, ShareDamaged)
        kind = DamageKind.SHARE_CHANGED if is_bad else DamageKind.SHARE_MISSING
    return DamageFinding(kind.value, row.pk, row.municipality_id, row.student_id, row.purpose)


def shares_of(rows):
    """{key id: the share, or the exception that says why there is none} of rows with a share."""
    key_ids = [row.pk for row in rows if row.has_share]
    if not key_ids:
        return {}
    try:
        return current_store().get_many(key_ids)
    except StoreUnavailable as error:
        return dict.fromkeys(key_ids, error)


def unwrap_key(row, ring, shares):
    """The DataKey of a key's row, with its share among ``shares_of``.

    Raises one of UNUSABLE_KEY_ERRORS, StoreUnavailable.
    """
    raw = ring.unwrap(row.ring_key, row.wrapped, key_context(row))
    if row.has_share:
        share = shares[row.pk]
        if isinstance(share, Exception):
            raise share
        raw = crypto.xor(raw, share)
    return DataKey(row.pk, row.student_id, row.purpose, raw)


def key_context(key):
    """What binds a wrapped key to its row (bytes)."""
    return f"key|{key.pk}|{key.student_id}|{key.purpose}".encode()
