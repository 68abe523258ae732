"""A PIN that staff made the student choose anew: a second person confirms the student was there.

Until then a withdrawal with the new card stops what it ends and destroys nothing (apps.consent).
"""

import logging

from django.db import transaction

from apps.core import clock
from apps.people import pending_acts
from apps.people.models import PendingAct, Student

RESET = "pin.reset"
log = logging.getLogger(__name__)


def note_reset(student: Student, *, by, reason: str) -> PendingAct | None:
    """Note, in the caller's transaction, that the PIN of a locked student is chosen anew.

    An earlier reset that still waits is replaced, and what was ended since it stays unproved.
    None where ``by`` holds no such post (any more): then it stays unconfirmed.
    """
    earlier = PendingAct.objects.open().filter(kind=RESET, thing_id=str(student.pk))
    for act in earlier.select_for_update():
        act.stopped_by, act.stopped_at, act.done_at = by, clock.now(), clock.now()
        act.save(update_fields=["stopped_by", "stopped_at", "done_at"])
    if not student.waits_for_proof:
        student.pin_reset_at = clock.now()
    student.pin_reset_by = by
    student.pin_reset_confirmed_at = None
    student.save(update_fields=["pin_reset_at", "pin_reset_by", "pin_reset_confirmed_at"])
    try:
        return _propose(student, by, reason)
    except pending_acts.CannotAct:
        log.warning("the reset of student %s can be confirmed by nobody", student.pk)
        return None


def _propose(student, by, reason):
    number = f" {student.attendance_number}番" if student.attendance_number else ""
    return pending_acts.propose(
        RESET,
        thing_id=student.pk,
        title=f"{student.home_class or student.school}{number}",  # no name in a list
        municipality_id=student.municipality_id,
        school_id=student.school_id,
        by=by,
        reason=reason,
        preview={"students": 1},
        payload={"changes": {}},
    )


def follow_resets() -> None:
    """Note what was confirmed, and close what was stopped (it stays unconfirmed)."""
    with transaction.atomic():
        for act in pending_acts.claim_stopped(RESET):
            pending_acts.mark_undone(act)
    while _confirm_one():
        pass


@transaction.atomic
def _confirm_one():
    act = pending_acts.claim_due(RESET)
    if act is None:
        return False
    student = Student.objects.select_for_update(no_key=True).get(pk=act.thing_id)
    student.pin_reset_confirmed_at = act.confirmed_at
    student.save(update_fields=["pin_reset_confirmed_at"])
    pending_acts.mark_done(act)
    clock.nudge("consent.settle_all")
    return True
