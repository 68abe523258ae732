"""A worker carries what a guardian began: code to token, request, and one look after another.

The row is the queue. A worker claims it in a short transaction, asks without one, and writes in
another: whoever is killed in between leaves the row to the next, and two of them are harmless.
"""

import logging
import time
from datetime import timedelta

from django.db import transaction

from apps.core import clock, sweeps
from apps.linkage import self_info_states as states
from apps.linkage.connectors.contract import AuthError, FormatError, TransientError
from apps.linkage.connectors.self_info import Cut, TooLate
from apps.linkage.models import SelfInfoSession
from apps.linkage.services.self_info.asking import (
    PAUSED,
    is_any_paused,
    still_asked,
    why_not,
)
from apps.linkage.services.self_info.beginning import names_of
from apps.linkage.services.self_info.moving import locked, move
from apps.linkage.services.self_info.papers import open_papers, seal_papers
from apps.linkage.services.self_info.places import notify_uri, place, portal, redirect_uri
from apps.linkage.services.self_info.saving import save
from apps.vault.crypto import CannotOpen

LEASE = timedelta(seconds=90)  # longer than two requests may take
START_WITHIN_S = 25  # a turn may take 50, a task 90
KEPT = timedelta(days=30)
FORGETTING_S = 10.0
log = logging.getLogger(__name__)


def carry():
    """Take every due session one step on; how many steps were taken."""
    deadline, n_taken = time.monotonic() + START_WITHIN_S, 0
    while time.monotonic() < deadline and (session := _claim()):
        _turn(session)
        n_taken += 1
    return n_taken


def forget():
    """Delete the rows of sessions that ended a month ago; the record of them stays."""
    old = clock.now() - KEPT
    due = SelfInfoSession.objects.filter(state__in=states.ENDED, moved_at__lt=old)
    return sweeps.repeat(lambda: sweeps.delete_some(due), seconds=FORGETTING_S).n


@transaction.atomic
def _claim():
    due = SelfInfoSession.objects.due().order_by("next_at")
    session = due.select_for_update(skip_locked=True).first()
    if session is not None:
        session.turn += 1
        session.claimed_until = clock.now() + LEASE
        session.save(update_fields=["turn", "claimed_until"])
    return session


def _turn(session):
    """One step of a claimed session. Never raises for what the other side does."""
    if _is_over_time(session):
        return _end(session, states.EXPIRED, "slow" if session.state in states.WAITING else "")
    if reason := why_not(session):
        return _end(session, states.DENIED, reason)
    try:
        _ask(session)
    except TransientError as error:
        _later(session, error.retry_after)
    except TooLate:
        _end(session, states.EXPIRED)
    except (Cut, CannotOpen):
        _end(session, states.ERROR, "cut")
    except AuthError:
        _end(session, states.ERROR, "refused")
    except FormatError:
        _end(session, states.ERROR, "format")


def _is_over_time(session):
    return session.ends_at <= clock.now() or session.came_back_at is None


def _ask(session):
    if is_any_paused(session):
        raise TransientError(PAUSED)
    where = place()
    if where is None or where.is_trial != session.is_trial:
        raise Cut("つながる 先が 変わりました。")
    papers, there = open_papers(session), portal()
    if session.state in states.WAITING:
        parts = there.result(papers["token"], session.process_id)
        return _later(session, is_pending=True) if parts is None else save(session, parts)
    if "token" not in papers:
        token = there.token(
            code=papers["code"], verifier=papers["verifier"], redirect_uri=redirect_uri()
        )
        papers = {"token": token, "secret": papers["secret"]}
        if not _keep_token(session, papers):
            return None
    names = names_of(session, still_asked(session))
    told = notify_uri() and (notify_uri(), papers["secret"])
    return _asked(session, papers["token"], there.request(papers["token"], names, notify=told))


@transaction.atomic
def _keep_token(session, papers):
    """Write the token down before it is used: the code can never be used again."""
    row = _mine(session)
    if row is not None:
        seal_papers(row, papers)
        row.save(update_fields=["papers", "papers_ring_key"])
    return row is not None


@transaction.atomic
def _asked(session, token, process_id):
    row = _mine(session)
    if row is not None:
        seal_papers(row, {"token": token})
        row.process_id = process_id
        move(row, states.REQUESTED, next_at=clock.now() + states.pause(1))


@transaction.atomic
def _later(session, wanted_s=None, *, is_pending=False):
    """Not yet: look again after a pause that grows, or at once where we were told meanwhile."""
    row = _mine(session)
    if row is None:
        return
    row.n_asked += 1
    if row.state == session.state:
        row.next_at = min(clock.now() + states.pause(row.n_asked, wanted_s), row.ends_at)
        row.is_busy = not is_pending
    if is_pending and row.state == session.state != states.POLLING:
        move(row, states.POLLING)
    else:
        row.save()


@transaction.atomic
def _end(session, state, why=""):
    row = _mine(session)
    if row is not None:
        move(row, state, why=why)
        log.info("self info %s: %s %s", session.pk, state, why)


def _mine(session):
    """The locked row, not claimed any more; None where another worker took it, or it ended."""
    row = locked(session.pk)
    row.claimed_until = None
    return row if row.turn == session.turn and not row.is_over else None
