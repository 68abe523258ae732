"""Making, using and destroying keys; the one door through which sealed rows are opened."""

import json
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction

from apps.audit.models import Action, Audience
from apps.audit.services import record, record_many
from apps.people.permissions import may_open, role_of
from apps.vault import crypto
from apps.vault.models import SubjectKey


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
        row.sealed = crypto.seal(
            self.raw, json.dumps(value, ensure_ascii=False).encode(), _aad(row)
        )
        return row

    def digest(self, text):
        """A name for ``text`` that means nothing once this key is destroyed (32 bytes)."""
        return crypto.keyed_digest(self.raw, text)


def key_ring():
    """The key ring of the environment. Raises crypto.BadKeyRing."""
    return crypto.KeyRing.parse(settings.VAULT_KEYS)


def blind_indexes(label, text):
    """Digests under which a short secret (a card's code) may stand in the database, newest first."""
    return key_ring().blind_indexes(label, text)


# -- keys ---------------------------------------------------------------------------------------


def make_key(student, purpose):
    """Make the key of (student, purpose) in the caller's transaction; the existing one if there is.

    Two who make it at once get the same one: the second waits for the first and finds it.
    """
    mine = SubjectKey.objects.filter(student=student, purpose=purpose)
    found = mine.first()
    if found is None:
        key = SubjectKey(municipality_id=student.municipality_id, student=student, purpose=purpose)
        key.ring_key, key.wrapped = key_ring().wrap(crypto.new_data_key(), _key_context(key))
        SubjectKey.objects.bulk_create([key], ignore_conflicts=True)
        found = mine.get()
    return found


def destroy_key(student, purpose):
    """Delete the key of (student, purpose). True if there was one.

    Waits for writers that hold it FOR SHARE; afterwards whatever it sealed is unreadable, in the
    tables and in every copy of them.
    """
    deleted, _ = SubjectKey.objects.filter(student=student, purpose=purpose).delete()
    return bool(deleted)


def destroy_keys(municipality_id, purpose):
    """Delete every key of a purpose in a municipality; the ids of the students who had one.

    Locks in the order in which writers lock, so that the two wait and never embrace.
    """
    keys = SubjectKey.objects.filter(municipality=municipality_id, purpose=purpose)
    locked = list(keys.order_by("pk").select_for_update())
    SubjectKey.objects.filter(pk__in=[key.pk for key in locked]).delete()
    return [key.student_id for key in locked]


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
    ring = key_ring()
    return {row.student_id: _unwrapped(row, ring) for row in rows}


@transaction.atomic
def rewrap_some(limit=200):
    """Wrap up to ``limit`` keys anew under the newest key of the ring; how many were not yet.

    What the keys sealed stays as it is. Each call is one transaction and continues where the
    last one ended; 0 means that the older ring keys are no longer needed. Raises CannotOpen.
    """
    ring = key_ring()
    stale = SubjectKey.objects.exclude(ring_key=ring.newest).order_by("pk")
    keys = list(stale.select_for_update()[:limit])
    for key in keys:
        raw = ring.unwrap(key.ring_key, key.wrapped, _key_context(key))
        key.ring_key, key.wrapped = ring.wrap(raw, _key_context(key))
    SubjectKey.objects.bulk_update(keys, ["ring_key", "wrapped"])
    return len(keys)


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
                reason=reason.label,
                audience=_audience(purpose, reason),
            )
        return _open(rows)


def open_own(rows, *, student):
    """The contents of a student's own rows, for that student's own page. Raises PermissionDenied."""
    rows = list(rows)
    if any(row.student_id != student.pk for row in rows):
        raise PermissionDenied("ほかの 人の 記録です。")
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
    ring = key_ring()
    found = SubjectKey.objects.filter(pk__in={row.key_id for row in rows})
    keys = {row.pk: _unwrapped(row, ring).raw for row in found}
    return [_content(row, keys.get(row.key_id)) for row in rows]


def _content(row, raw_key):
    return None if raw_key is None else json.loads(crypto.open_(raw_key, row.sealed, _aad(row)))


def _audience(purpose, reason=None):
    protective = reason in PROTECTIVE_REASONS or purpose in PROTECTIVE_PURPOSES
    return Audience.PROTECTIVE if protective else Audience.OPEN


def _groups(rows):
    return {(row.student_id, row.purpose): row for row in rows}


def _unwrapped(row, ring):
    raw = ring.unwrap(row.ring_key, row.wrapped, _key_context(row))
    return DataKey(row.pk, row.student_id, row.purpose, raw)


def _key_context(key):
    return f"key|{key.pk}|{key.student_id}|{key.purpose}".encode()


def _aad(row):
    """What binds a ciphertext to its place: table, row, student, purpose and key."""
    place = (row._meta.db_table, row.pk, row.student_id, row.purpose, row.key_id)
    return "|".join(map(str, place)).encode()
