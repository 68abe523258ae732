"""Making, using and destroying keys; the one door through which sealed rows are opened."""

import logging
import time
from dataclasses import dataclass, field
from functools import cache, cached_property
from uuid import UUID

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.models import Q

from apps.audit.models import Action, Audience
from apps.audit.services import record, record_many
from apps.people.models import Guardianship
from apps.people.permissions import is_emergency, may_open, role_of
from apps.vault import crypto
from apps.vault.models import SubjectKey
from apps.vault.shares import NoShare, Shares

log = logging.getLogger(__name__)
LEFT_OVER_AFTER_S = 3600  # a share without its row may belong to a transaction still under way


class NoKey(Exception):
    """There is no key for (student, purpose): nothing may be stored or read."""


class Reason(models.TextChoices):
    """Why somebody opens what is sealed; the student and the guardian can read it."""

    MEETING = "meeting", "面談の準備"
    CONFERENCE = "conference", "支援を 考える 会議"
    SIGN = "sign", "気づきの 確認"
    STUDENT_ASKED = "student_asked", "本人からの 相談"
    GUARDIAN_ASKED = "guardian_asked", "保護者からの 相談"
    SAFETY = "safety", "命や 体の 安全の 確認"


NEVER_TO_GUARDIAN = {"checkin_review", "mood_weather", "helpline", "casework"}
URGENT = "緊急: "  # before the reason of a look that only an emergency allowed
# What the family page must not tell: that a child was protected, or that a student asked for help.
PROTECTIVE_REASONS = {Reason.SAFETY, Reason.STUDENT_ASKED}
PROTECTIVE_PURPOSES = {"helpline", "casework"}


@dataclass(frozen=True)
class DataKey:
    """An unwrapped key, in memory only while a transaction writes."""

    id: UUID
    student_id: UUID
    purpose: str
    raw: bytes = field(repr=False)

    def seal(self, row, value):
        """Fill ``row`` (a SealedRow, not yet saved) with ``value`` (JSON-able) under this key."""
        row.student_id, row.purpose, row.key_id = self.student_id, self.purpose, self.id
        row.sealed = self.sealed(type(row), row.id, value)
        return row

    def sealed(self, model, row_id, value):
        """The bytes that seal ``value`` into the row ``row_id`` (UUID) of a SealedRow ``model``."""
        place = self._places[model] + row_id.bytes
        return crypto.seal_with(self.cipher, orjson.dumps(value), place, crypto.ROW_VERSION)

    def open(self, row):
        """The value sealed in ``row``. Raises crypto.CannotOpen, also for another's row."""
        if (row.key_id, row.student_id, row.purpose) != (self.id, self.student_id, self.purpose):
            raise crypto.CannotOpen("The row is not of this key.")
        sealed = bytes(row.sealed)
        if sealed[:1] == crypto.VERSION:
            return orjson.loads(crypto.open_with(self.cipher, sealed, self._place_of_old(row)))
        place = self._places[type(row)] + row.id.bytes
        return orjson.loads(crypto.open_with(self.cipher, sealed, place, crypto.ROW_VERSION))

    @cached_property
    def cipher(self):
        return crypto.cipher(self.raw)

    @cached_property
    def _places(self):
        """What binds a ciphertext to its place but for its row's id: table, purpose, student, key."""
        return _Places(self.purpose.encode() + b"|" + self.student_id.bytes + self.id.bytes)

    def _place_of_old(self, row):
        mine = f"|{self.student_id}|{self.purpose}|{self.id}"
        return _table(type(row)) + f"|{row.pk}{mine}".encode()

    @cached_property
    def _digesting(self):
        return crypto.derive(self.raw, "digest")

    def digest(self, text):
        """A name for ``text`` that means nothing once this key is destroyed (32 bytes)."""
        return crypto.named_by(self._digesting, text)


class _Places(dict):
    """{model: the bytes before its rows' ids}, made at the first row of each."""

    def __init__(self, mine):
        super().__init__()
        self._mine = mine

    def __missing__(self, model):
        self[model] = _table(model) + b"|" + self._mine
        return self[model]


def key_ring():
    """The key ring of the environment. Raises crypto.BadKeyRing."""
    return crypto.KeyRing.parse(settings.VAULT_KEYS)


def shares():
    """The folder of the shares, as the settings name it."""
    return Shares(settings.KEY_SHARES_FOLDER)


def blind_indexes(label, text):
    """Digests under which a short secret (a card's code) may stand in the database, newest first."""
    return key_ring().blind_indexes(label, text)


# -- keys ---------------------------------------------------------------------------------------


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


def destroy_key(student, purpose):
    """Delete the key of (student, purpose); its id, or None if there was none.

    Waits for writers that hold it FOR SHARE; afterwards whatever it sealed is unreadable, in the
    tables and in every copy of them: the share goes when the transaction commits.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM vault_subjectkey WHERE student_id = %s AND purpose = %s RETURNING id",
            [student.pk, purpose],
        )
        gone = [key_id for (key_id,) in cursor.fetchall()]
    _destroy_shares_on_commit(gone)
    return gone[0] if gone else None


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
    """
    old = list(shares().older_than(time.time() - LEFT_OVER_AFTER_S))
    alive = set(SubjectKey.objects.filter(pk__in=old).values_list("pk", flat=True))
    left_over = [key_id for key_id in old if key_id not in alive]
    for key_id in left_over:
        shares().destroy(key_id)
    return len(left_over)


def _destroy_shares_on_commit(key_ids):
    def destroy():
        for key_id in key_ids:
            shares().destroy(key_id)

    transaction.on_commit(destroy, robust=True)


def writing_key(student_id, purpose):
    """The data key, locked FOR SHARE until the caller's transaction ends. Raises NoKey."""
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
        "ORDER BY id FOR SHARE",
        [purpose, list(student_ids)],
    )
    return {key.student_id: key for key in _usable(rows)}


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


# -- opening ------------------------------------------------------------------------------------


def open_sealed(rows, *, actor, reason):
    """The contents of sealed rows (list of values, None where the key is gone), leaving a trace.

    ``rows`` are SealedRow instances of any one model, ``reason`` a Reason. One AuditEvent is
    written per (student, purpose), in this transaction: no record, no content. Raises
    PermissionDenied unless the actor may open every one of them, ValueError without a reason.
    """
    reason = Reason(reason)
    rows = list(rows)
    students = {row.student_id: row.student for row in rows}
    for student_id, purpose in {(row.student_id, row.purpose) for row in rows}:
        if not may_open(actor, students[student_id], purpose):
            raise PermissionDenied("この 内容を 開く 立場では ありません。")
    with transaction.atomic():
        for (student_id, purpose), sample in _groups(rows).items():
            student = students[student_id]
            record(
                Action.SEALED_OPENED,
                actor=actor,
                role=role_of(actor, student),
                municipality_id=student.municipality_id,
                subject_id=student_id,
                thing=sample,
                purpose=purpose,
                reason=_as_recorded(reason, actor, student),
                audience=_audience(purpose, reason),
            )
        return _open(rows)


def open_own(rows, *, student):
    """The contents of a student's own rows, for that student's own page. Raises PermissionDenied."""
    rows = list(rows)
    if any(row.student_id != student.pk for row in rows):
        raise PermissionDenied("ほかの 人の 記録です。")
    return _open(rows)


def open_for_guardian(rows, *, actor, student):
    """The contents of a student's rows for a guardian of today, leaving a trace.

    Never what the student wrote for the school alone (NEVER_TO_GUARDIAN). Raises PermissionDenied.
    """
    rows = list(rows)
    is_guardian = Guardianship.objects.current().filter(student=student, guardian__user=actor.pk)
    others = any(row.student_id != student.pk for row in rows)
    if others or {row.purpose for row in rows} & NEVER_TO_GUARDIAN or not is_guardian.exists():
        raise PermissionDenied("保護者に 見せない 記録です。")
    with transaction.atomic():
        record_many(
            {
                "action": Action.SEALED_GUARDIAN,
                "actor": actor,
                "role": "guardian",
                "municipality_id": student.municipality_id,
                "subject_id": student.pk,
                "thing": sample,
                "purpose": purpose,
            }
            for (_, purpose), sample in _groups(rows).items()
        )
        return _open(rows)


def evaluate_sealed(rows, *, reason):
    """The contents for a rule that runs by itself; one AuditEvent per (student, purpose)."""
    rows = list(rows)
    with transaction.atomic():
        record_many(
            {
                "action": Action.SEALED_EVALUATED,
                "municipality_id": sample.municipality_id,
                "subject_id": student_id,
                "thing": sample,
                "purpose": purpose,
                "reason": reason,
                "audience": _audience(purpose),
            }
            for (student_id, purpose), sample in _groups(rows).items()
        )
        return _open(rows)


def _open(rows):
    found = SubjectKey.objects.filter(pk__in={row.key_id for row in rows})
    keys = {key.id: key for key in _usable(found)}
    return [keys[row.key_id].open(row) if row.key_id in keys else None for row in rows]


def _usable(rows):
    """The DataKeys of these SubjectKeys; one whose share is gone is no key any more."""
    ring = key_ring()
    for row in rows:
        try:
            yield _unwrapped(row, ring)
        except NoShare:
            log.warning("key %s has no share", row.pk)


def _as_recorded(reason, actor, student):
    return f"{URGENT}{reason.label}" if is_emergency(actor, student) else reason.label


def _audience(purpose, reason=None):
    protective = reason in PROTECTIVE_REASONS or purpose in PROTECTIVE_PURPOSES
    return Audience.PROTECTIVE if protective else Audience.OPEN


def _groups(rows):
    return {(row.student_id, row.purpose): row for row in rows}


def _unwrapped(row, ring):
    raw = ring.unwrap(row.ring_key, row.wrapped, _key_context(row))
    if row.has_share:
        raw = crypto.xor(raw, shares().get(row.pk))
    return DataKey(row.pk, row.student_id, row.purpose, raw)


def _key_context(key):
    return f"key|{key.pk}|{key.student_id}|{key.purpose}".encode()


@cache
def _table(model):
    return model._meta.db_table.encode()
