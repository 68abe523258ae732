"""Whatever is killed while an answer is fetched or saved: it is saved once, or fetched again."""

import time

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.linkage.models import LinkedRecord
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services import endpoints
from tests import factories
from tests.faults.conftest import kill, until
from tests.selfinfo.guardian_browser import ALL, GuardianBrowser, carry, stand_in

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mynaportal(settings, monkeypatch):
    settings.SELF_INFO_NOTIFY = False
    with stand_in(settings) as world:
        monkeypatch.setenv("SELF_INFO_SANDBOX_URL", django_settings.SELF_INFO_SANDBOX_URL)
        monkeypatch.setenv("SELF_INFO_NOTIFY", "false")
        yield world


@pytest.fixture
def browser(transactional_db, mynaportal, request, sign_in):
    cast = request.getfixturevalue("cast")
    for purpose in ALL:
        factories.make_effective(cast.sakura, purpose)
    endpoints.install_trial_codes(cast.city)
    return GuardianBrowser(sign_in(cast.midori.user), cast.sakura)


def n_hidden_entries(mynaportal):
    return sum(path == "/result" for path, _ in mynaportal.seen)


def hurry():
    """Its time has come; whoever has claimed it keeps the claim."""
    SelfInfoSession.objects.open().update(next_at=timezone.now())


def due_now():
    """Its time has come, and the lease of whoever was killed is over."""
    hurry()
    SelfInfoSession.objects.open().update(claimed_until=timezone.now())


def is_over():
    return SelfInfoSession.objects.get().is_over


def assert_stored_once():
    session = SelfInfoSession.objects.get()
    assert session.state == "discarded", session.why
    assert LinkedRecord.objects.readable().count() == 5
    events = AuditEvent.objects.filter(action=Action.SELF_INFO_MOVED)
    assert events.filter(detail=session.state).count() == 1


def test_a_worker_killed_while_it_waits_for_the_answer_leaves_it_to_the_next(
    browser, mynaportal, start_worker
):
    carry(browser.start_and_return("hanging"), most=1)
    due_now()
    worker = start_worker()
    until(lambda: n_hidden_entries(mynaportal) == 1)
    kill(worker)
    session = SelfInfoSession.objects.get()
    assert session.state == "requested"
    assert session.claimed_until > timezone.now()
    start_worker()
    time.sleep(3)
    assert (
        n_hidden_entries(mynaportal) == 1
    )  # its lease has not ended: nobody else claims it before
    due_now()
    until(is_over)
    assert_stored_once()


def test_a_worker_killed_while_it_keeps_the_facts_leaves_none_and_the_next_keeps_all(
    browser, mynaportal, start_worker, session
):
    carry(browser.start_and_return(), most=2)
    watcher, blocker = session(autocommit=True), session()
    blocker.execute("LOCK TABLE linkage_freshness IN SHARE ROW EXCLUSIVE MODE")
    due_now()
    worker = start_worker()
    waits = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock' AND query ILIKE '%linkage_freshness%'"
    )
    (pid,) = until(lambda: watcher.execute(waits).fetchone())
    kill(worker)
    blocker.rollback()
    gone = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
    until(lambda: not watcher.execute(gone, [pid]).fetchone())
    assert SelfInfoSession.objects.get().state == "polling"
    assert not LinkedRecord.objects.exists()
    start_worker()
    due_now()
    until(is_over)
    assert_stored_once()


def test_two_workers_and_a_broker_that_loses_everything_cost_only_time(
    browser, mynaportal, start_worker, broker
):
    broker.kill()
    browser.start_and_return()  # its wake-up message reaches nobody
    broker.start()
    start_worker()
    start_worker()
    until(lambda: is_over() or hurry())
    time.sleep(2)
    assert_stored_once()
