"""Waiting before and after the faults, and the figures about the run itself."""

import time
from collections.abc import Iterator

import requests
from django.db import close_old_connections

from apps.core import clock
from apps.helpline.models import EscalationStep, EscalationStepState
from apps.linkage.models import RunState, SyncRun
from apps.push.models import Broadcast, BroadcastState, DeliveryState, PushDelivery
from tests.faults.final_counts import Line
from tests.faults.outer_servers import OuterServers
from tests.faults.response_counts import Tally
from tests.faults.whole_portal import Portal

MOST_ERRORS = 0


def wait_until_ready(port: int, patience_s: float) -> None:
    """Return once the portal says that it is ready, workers and beat as well. Raises TimeoutError."""
    until, text = time.monotonic() + patience_s, ""
    while time.monotonic() < until:
        try:
            answer = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
            text = answer.text
            if answer.json()["status"] == "ready":
                return
        except (requests.RequestException, ValueError):
            pass
        time.sleep(0.5)
    raise TimeoutError(f"the portal is not ready: {text}")


def wait_for_calm(most_s: float) -> float:
    """Seconds until nothing that was begun is under way, at most ``most_s``."""
    close_old_connections()
    began = time.monotonic()
    while _is_busy() and time.monotonic() - began < most_s:
        time.sleep(1)
    return time.monotonic() - began


def _is_busy():
    at_work = [BroadcastState.PLANNING, BroadcastState.RUNNING]
    return (
        PushDelivery.objects.filter(state=DeliveryState.PENDING).exists()
        or Broadcast.objects.filter(state__in=at_work).exists()
        or SyncRun.objects.filter(state__in=[RunState.RUNNING, RunState.WAITING]).exists()
        or EscalationStep.objects.filter(
            state=EscalationStepState.PENDING, due_at__lte=clock.now()
        ).exists()
    )


def about_faults(
    tally: Tally, portal: Portal, outer: OuterServers, took: float, calm: float, mailbox
) -> Iterator[Line]:
    """The injected faults, and what the simulated people noticed of them."""
    yield Line("faults injected", tally.injected.total(), note=_reported(tally.injected))
    yield Line("acts under faults; then until calm", f"{took:.0f} s; {calm:.0f} s")
    yield Line(
        "restarts by the supervisor", portal.restarts.total(), note=_reported(portal.restarts)
    )
    yield Line("push requests answered ill, LRS dripped", f"{outer.n_ill}, {outer.n_dripped}")
    silent = sum(length for _, length in tally.gaps)
    longest = max((length for _, length in tally.gaps), default=0)
    yield Line("time the site did not answer", f"{silent:.1f} s", note=f"longest {longest:.1f} s")
    n = tally.errors.total()
    yield Line("500 seen by users", n, n > MOST_ERRORS, _reported(tally.errors))
    yield Line("told to come later (503, later)", tally.later.total(), note=_reported(tally.later))
    yield Line("requests cut or not answered (asked again)", tally.lines_cut)
    n = tally.unanswered.total()
    yield Line("forms never answered", n, bool(n), _reported(tally.unanswered))
    yield Line("refused with a reason", tally.refused.total(), note=_reported(tally.refused))
    n = tally.own_failures.total()
    yield Line("acts without a page that failed whole", n, note=_reported(tally.own_failures))
    yield Line("errors in the logs", portal.errors.total(), note=_reported(portal.errors))
    yield Line("letters mailed to staff", len(mailbox.letters))


def _reported(counter):
    return "; ".join(f"{n} {name}" for name, n in counter.most_common(12))
