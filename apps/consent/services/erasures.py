"""Keys that did not end by an answer here: listed as destroyed before a restore, or lost."""

import logging

from django.db import transaction

from apps.audit.models import Action, EventReason
from apps.audit.services.audit_events import record
from apps.consent.models import DeletionCertificate, EndReason, Purpose, SweepMark
from apps.consent.services.certificates import EndedKey, write_certificates
from apps.consent.services.messages import send_messages
from apps.people.models import Student
from apps.vault.models import DamageReport, SubjectKey
from apps.vault.services.key_ends import reapply_erasure, unapplied_erasures
from apps.vault.services.key_loss import damaged_keys, mark_key_lost

log = logging.getLogger(__name__)


def replay_erasures() -> int:
    """Destroy the keys that a restored database holds although they had ended; how many keys.

    The list kept with the key shares names them. Each is one transaction, done once: after a killed
    process the next run does the rest. The people concerned are told, and asked again.
    """
    n_gone = 0
    for erasure in unapplied_erasures():
        n_gone += _replay(erasure)
    return n_gone


@transaction.atomic
def _replay(erasure):
    student = (
        Student.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk=erasure.student_id)
        .first()
    )
    was_there = reapply_erasure(erasure, student and student.municipality_id)
    SweepMark.objects.all().delete()  # this key ended before they were made: every row is read anew
    if student is not None and erasure.purpose in Purpose.values:
        if not DeletionCertificate.objects.filter(key_id=erasure.key_id).exists():
            write_certificates(
                [EndedKey(student, erasure.purpose, erasure.key_id, EndReason.REPLAYED)],
                at=erasure.ended_at,
            )
        _record(Action.KEY_DESTROYED, student, erasure.purpose)
        send_messages([student], [erasure.purpose], ended=EndReason.REPLAYED)
    log.info("key %s had ended before: destroyed again", erasure.key_id)
    return was_there


def carry_out_key_loss(act) -> int:
    """Carry out that two people declared damaged keys lost; how many keys.

    Nobody answered anything: no certificate, no deletion. The student is told, and everybody
    asked again. Keys that can be used by now (the share was found) stay. Raises StoreUnavailable.
    """
    report = DamageReport.objects.filter(pk=act.thing_id).first()
    keys = damaged_keys(report, act.payload["which"]) if report else ()
    n_lost = 0
    for key in keys and keys.select_related("student").order_by("student_id", "pk"):
        Student.objects.select_for_update(of=("self",), no_key=True).get(pk=key.student_id)
        key = SubjectKey.objects.select_for_update().filter(pk=key.pk).first()
        if key is None or not mark_key_lost(key):
            continue
        n_lost += 1
        _record(Action.KEY_LOST, key.student, key.purpose)
        DamageReport.objects.filter(key_id=key.pk, noted_at=None).update(
            noted_at=act.confirmed_at, noted_by=act.confirmed_by
        )
        if key.purpose in Purpose.values:
            send_messages([key.student], [key.purpose], ended=EndReason.LOST)
    return n_lost


def _record(action, student, purpose):
    record(
        action,
        municipality_id=student.municipality_id,
        subject_id=student.pk,
        purpose=purpose,
        reason_code="" if action == Action.KEY_LOST else EventReason.DATABASE_RESTORED,
    )
