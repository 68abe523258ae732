"""Changes the state of a session: checked, time-stamped and audited. Nothing else does."""

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.people.models import Student
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.session_states import ENDED_STATES, check_transition


def change_state(session, to, *, why="", actor=None, next_at=None):
    """Move a locked session to another state, in the caller's transaction.

    An ended one keeps no secret and no next step. The audit names purposes, never values. Raises
    InvalidSessionTransition for a transition that the table does not have.
    """
    check_transition(session.state, to)
    session.state, session.why, session.state_changed_at = to, why, clock.now()
    session.steps = [*session.steps, [str(to), session.state_changed_at.isoformat()]]
    session.next_at = next_at or session.next_at
    if to in ENDED_STATES:
        session.next_at = session.papers = session.claimed_until = None
        session.process_id = session.papers_ring_key = ""
    session.save()
    record_about(
        session, Action.SELF_INFO_MOVED, actor=actor, role="guardian" if actor else "system",
        detail=session.state, fields=session.purposes,
    )  # fmt: skip


def lock_session(session_id):
    """The session, locked until the caller's transaction ends."""
    return SelfInfoSession.objects.select_for_update().get(pk=session_id)


def lock_student(student_id):
    """Lock the student, as a decision does: always before the session and before any key."""
    return Student.objects.select_for_update(no_key=True).get(pk=student_id)
