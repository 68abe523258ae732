"""A worker advances sessions: exchanges the code, sends the request, polls for the result.

The row is the queue. A worker claims it in a short transaction, sends requests without one, and
writes in another: if it is killed in between, the next worker takes the row, and two of them are
harmless.
"""

import logging
import time
from datetime import timedelta

from django.db import transaction

from apps.core import clock, sweeps
from apps.core.crypto import CannotUnseal
from apps.linkage.connectors.contract import AuthError, FormatError, TransientError
from apps.selfinfo import session_states as states
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.mynaportal import ProcessExpired, SessionRejected
from apps.selfinfo.services.answers import save_answer
from apps.selfinfo.services.endpoints import (
    configured_endpoint,
    mynaportal_client,
    notify_uri,
    redirect_uri,
)
from apps.selfinfo.services.offers import (
    PURPOSE_PAUSED,
    has_paused_purpose,
    purposes_with_key,
    refusal_reason,
)
from apps.selfinfo.services.session_secrets import open_session_secrets, seal_session_secrets
from apps.selfinfo.services.sessions import requested_name_codes
from apps.selfinfo.services.transitions import change_state, lock_session

LEASE = timedelta(seconds=90)  # longer than two requests can take
START_SECONDS = 25  # a step may take 50, a task 90
SESSIONS_KEPT = timedelta(days=30)
DELETE_SECONDS = 10.0
log = logging.getLogger(__name__)


def advance_sessions():
    """Advance every due session by one step; how many steps were taken."""
    deadline, n_taken = time.monotonic() + START_SECONDS, 0
    while time.monotonic() < deadline and (session := _claim()):
        _advance(session)
        n_taken += 1
    return n_taken


def delete_old_sessions():
    """Delete the rows of sessions that ended a month ago; their audit events stay."""
    old = clock.now() - SESSIONS_KEPT
    due = SelfInfoSession.objects.filter(state__in=states.ENDED_STATES, state_changed_at__lt=old)
    return sweeps.delete_due(due, seconds=DELETE_SECONDS).n


@transaction.atomic
def _claim():
    due = SelfInfoSession.objects.due().order_by("next_at")
    session = due.select_for_update(skip_locked=True).first()
    if session is not None:
        session.turn += 1
        session.claimed_until = clock.now() + LEASE
        session.save(update_fields=["turn", "claimed_until"])
    return session


def _advance(session):
    """One step of a claimed session. Never raises for what the other side does."""
    if _is_over_time(session):
        return _end(
            session, states.EXPIRED, "slow" if session.state in states.WAITING_STATES else ""
        )
    if reason := refusal_reason(session):
        return _end(session, states.DENIED, reason)
    try:
        _ask(session)
    except TransientError as error:
        _poll_later(session, error.retry_after)
    except ProcessExpired:
        _end(session, states.EXPIRED)
    except (SessionRejected, CannotUnseal):
        _end(session, states.ERROR, "cut")
    except AuthError:
        _end(session, states.ERROR, "refused")
    except FormatError:
        _end(session, states.ERROR, "format")


def _is_over_time(session):
    return session.ends_at <= clock.now() or session.returned_at is None


def _ask(session):
    if has_paused_purpose(session):
        raise TransientError(PURPOSE_PAUSED)
    where = configured_endpoint()
    if where is None or where.is_trial != session.is_trial:
        raise SessionRejected("つながる 先が 変わりました。")
    papers, client = open_session_secrets(session), mynaportal_client()
    if session.state in states.WAITING_STATES:
        parts = client.result(papers["token"], session.process_id)
        return (
            _poll_later(session, is_pending=True) if parts is None else save_answer(session, parts)
        )
    if "token" not in papers:
        token = client.token(
            code=papers["code"], verifier=papers["verifier"], redirect_uri=redirect_uri()
        )
        papers = {"token": token, "secret": papers["secret"]}
        if not _keep_token(session, papers):
            return None
    names = requested_name_codes(session, purposes_with_key(session))
    notification = notify_uri() and (notify_uri(), papers["secret"])
    return _record_request(
        session, papers["token"], client.request(papers["token"], names, notify=notification)
    )


@transaction.atomic
def _keep_token(session, papers):
    """Save the token before it is used: the code can never be used again."""
    row = _claimed_session(session)
    if row is not None:
        seal_session_secrets(row, papers)
        row.save(update_fields=["papers", "papers_ring_key"])
    return row is not None


@transaction.atomic
def _record_request(session, token, process_id):
    row = _claimed_session(session)
    if row is not None:
        seal_session_secrets(row, {"token": token})
        row.process_id = process_id
        change_state(row, states.REQUESTED, next_at=clock.now() + states.poll_delay(1))


@transaction.atomic
def _poll_later(session, wanted_s=None, *, is_pending=False):
    """Poll again after a growing delay, or at once where a notification came meanwhile."""
    row = _claimed_session(session)
    if row is None:
        return
    row.n_polls += 1
    if row.state == session.state:
        row.next_at = min(clock.now() + states.poll_delay(row.n_polls, wanted_s), row.ends_at)
        row.is_busy = not is_pending
    if is_pending and row.state == session.state != states.POLLING:
        change_state(row, states.POLLING)
    else:
        row.save()


@transaction.atomic
def _end(session, state, why=""):
    row = _claimed_session(session)
    if row is not None:
        change_state(row, state, why=why)
        log.info("self info %s: %s %s", session.pk, state, why)


def _claimed_session(session):
    """The locked session, its claim released; None where another worker claimed it, or it ended."""
    row = lock_session(session.pk)
    row.claimed_until = None
    return row if row.turn == session.turn and not row.is_over else None
