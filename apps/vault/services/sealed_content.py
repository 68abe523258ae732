"""The only way to open sealed rows: who, why, and whether they may."""

from django.core.exceptions import PermissionDenied
from django.db import models, transaction

from apps.audit.models import Action, Audience, EventReason
from apps.audit.services.audit_events import record, record_evaluations, record_many
from apps.core.crypto import CannotUnseal
from apps.people.models import Guardian, Guardianship
from apps.people.permissions import is_emergency_access, role_of
from apps.vault.card_purposes import CARD_PURPOSES
from apps.vault.damage import DAMAGED, UNAVAILABLE, DamageFinding
from apps.vault.models import DamageKind, ReplacedKey, SubjectKey
from apps.vault.services.damage_reports import report_damage
from apps.vault.services.keys import usable_data_keys


class OpeningReason(models.TextChoices):
    """Why somebody opens sealed content; the student and the guardian can read it."""

    MEETING = EventReason.MEETING.value, EventReason.MEETING.label
    CONFERENCE = EventReason.CONFERENCE.value, EventReason.CONFERENCE.label
    SIGN = EventReason.SIGN.value, EventReason.SIGN.label
    STUDENT_ASKED = EventReason.STUDENT_ASKED.value, EventReason.STUDENT_ASKED.label
    GUARDIAN_ASKED = EventReason.GUARDIAN_ASKED.value, EventReason.GUARDIAN_ASKED.label
    SAFETY = EventReason.SAFETY.value, EventReason.SAFETY.label


NEVER_TO_GUARDIAN = {"checkin_review", "mood_weather", "helpline", "casework", "protection"}
# Hidden from the family: that a child was protected, or that a student asked for help.
PROTECTIVE_REASONS = {OpeningReason.SAFETY, OpeningReason.STUDENT_ASKED}
PROTECTIVE_PURPOSES = {"helpline", "casework", "protection", "family"}


def open_sealed(rows, *, actor, reason, shown_on=None):
    """The contents of sealed rows (list of values); writes audit events.

    None stands where the key was destroyed or is paused, DAMAGED where key or row exist and cannot
    be opened (vault.damage): that is reported to the privacy officer. AWAY stands where the share
    store is unavailable. The same goes for every function here.

    ``rows`` are SealedRow instances of any one model, ``reason`` an OpeningReason. One AuditEvent
    is written per (student, purpose, card), in this transaction: no record, no content. It names a
    row, or ``shown_on``, on whose page they stand: a look that belongs to a case is no look of the
    family's list. Raises PermissionDenied unless the actor may open every one of them, ValueError
    without a reason.
    """
    reason = OpeningReason(reason)
    rows = list(rows)
    students = {row.student_id: row.student for row in rows}
    if rows and not type(rows[0]).may_all_be_opened(rows, actor):
        raise PermissionDenied("この 内容を 開く 立場では ありません。")
    with transaction.atomic():
        for (student_id, purpose, reader), sample in _groups(rows).items():
            student = students[student_id]
            record(
                Action.SEALED_OPENED,
                actor=actor,
                role=role_of(actor, student),
                municipality_id=student.municipality_id,
                subject_id=student_id,
                thing=shown_on or sample,
                purpose=purpose,
                reason_code=reason,
                is_emergency=is_emergency_access(actor, student),
                fields=card_field(reader),
                audience=_audience(sample, reason),
            )
        return _open(rows)


def open_own(rows, *, student):
    """The contents of a student's own rows, for that student's own page.

    Never what a guardian read with a card (OF_A_CARD). Raises PermissionDenied.
    """
    rows = list(rows)
    if any(row.student_id != student.pk or row.purpose in CARD_PURPOSES for row in rows):
        raise PermissionDenied("ほかの 人の 記録です。")
    return _open(rows)


def open_for_guardian(rows, *, actor, student):
    """The contents of a student's rows for a current guardian; writes audit events.

    Never what the student wrote for the school alone (NEVER_TO_GUARDIAN), and what was read with a
    card (OF_A_CARD) only for that card's guardian. Raises PermissionDenied.
    """
    rows = list(rows)
    is_guardian = Guardianship.objects.current().filter(student=student, guardian__user=actor.pk)
    others = any(row.student_id != student.pk for row in rows) or not _read_by(actor, rows)
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
            for (_, purpose, _), sample in _groups(rows).items()
        )
        return _open(rows)


def evaluate_sealed(rows, *, rule):
    """The contents for a rule that runs by itself; one AuditEvent per (student, purpose).

    ``rule`` is the rule's code and version, for the event's ``detail``.
    """
    rows = list(rows)
    with transaction.atomic():
        _record_evaluation(rows, rule)
        return _open(rows)


def evaluate_columns(model, rows, *, keys, municipality_id, purpose, rule):
    """The same for rows of a ``model`` read without it: objects with id, student_id, key_id, sealed.

    All of one municipality and purpose, under ``keys`` ({student id: DataKey}) that the caller's
    transaction holds: a key is fetched and unwrapped once for what is read and what is written
    under it. A row that they do not open is read again with its model.
    """
    contents, unopened = [], []
    for row in rows:
        key = keys.get(row.student_id)
        try:
            if key is None or row.key_id != key.id:
                raise CannotUnseal("The row is of an earlier key.")
            contents.append(key.open_bytes(model, row.id, row.sealed))
        except (CannotUnseal, ValueError):
            unopened.append((len(contents), row.id))
            contents.append(None)
    with transaction.atomic():
        record_evaluations(
            {row.student_id: row.id for row in rows}, municipality_id=municipality_id, thing=model,
            purpose=purpose, rule=rule, audience=_audience_of(model, purpose),
        )  # fmt: skip
        if unopened:
            whole = model._base_manager.in_bulk([pk for _, pk in unopened])
            opened = dict(zip(whole, _open(whole.values()), strict=True))
            for place, pk in unopened:
                contents[place] = opened.get(pk)
    return contents


def _record_evaluation(rows, rule):
    """One AuditEvent per (student, purpose); ``rule`` names the rules by code and version."""
    record_many(
        {
            "action": Action.SEALED_EVALUATED,
            "municipality_id": sample.municipality_id,
            "subject_id": student_id,
            "thing": sample,
            "purpose": purpose,
            "detail": rule,
            "fields": card_field(reader),
            "audience": _audience(sample),
        }
        for (student_id, purpose, reader), sample in _groups(rows).items()
    )


def open_under_key(key, row):
    """The content of a row under a given DataKey, or DAMAGED, which is reported."""
    try:
        return key.open(row)
    except (CannotUnseal, ValueError):  # ValueError: what opened is no JSON
        report_damage([_finding(row)])
        return DAMAGED


def _open(rows):
    rows = list(rows)
    key_ids = {row.key_id for row in rows}
    keys_by_id = {row.pk: row for row in SubjectKey.objects.in_use().filter(pk__in=key_ids)}
    if missing := key_ids - keys_by_id.keys():
        keys_by_id |= {row.pk: row for row in ReplacedKey.objects.in_use().filter(pk__in=missing)}
    away, findings = set(), []
    keys = {key.id: key for key in usable_data_keys(keys_by_id.values(), away)}
    for key_id in away:
        keys[key_id] = UNAVAILABLE
    contents = [_content(row, keys, keys_by_id, findings) for row in rows]
    report_damage(findings)
    return contents


def _content(row, keys, keys_by_id, findings):
    if row.key_id not in keys_by_id:
        return None
    if row.key_id not in keys:
        return DAMAGED
    if keys[row.key_id] is UNAVAILABLE:
        return UNAVAILABLE
    try:
        return keys[row.key_id].open(row)
    except (CannotUnseal, ValueError):
        findings.append(_finding(row))
        return DAMAGED


def _finding(row):
    return DamageFinding(
        DamageKind.CONTENT_CHANGED.value, row.key_id, row.municipality_id, row.student_id,
        row.purpose, row._meta.db_table, row.pk,
    )  # fmt: skip


def _audience(row, reason=None):
    if reason in PROTECTIVE_REASONS:
        return Audience.PROTECTIVE
    return _audience_of(type(row), row.purpose)


def _audience_of(model, purpose):
    protective = purpose in PROTECTIVE_PURPOSES or model.opens_hidden
    return Audience.PROTECTIVE if protective else Audience.OPEN


def card_field(guardian_id):
    """Names whose card brought the content, for the audit event (a list of one, or empty)."""
    return [f"card:{guardian_id}"] if guardian_id else []


def _read_by(actor, rows):
    """Whether all rows read with a card were read with the actor's own."""
    readers = {_reader(row) for row in rows if row.purpose in CARD_PURPOSES}
    own_cards = Guardian.objects.filter(user=actor.pk, pk__in=readers - {None})
    return not readers or readers == set(own_cards.values_list("pk", flat=True))


def _reader(row):
    return getattr(row, "guardian_id", None)


def _groups(rows):
    return {(row.student_id, row.purpose, _reader(row)): row for row in rows}
