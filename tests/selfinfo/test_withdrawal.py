"""Withdrawal beats a running session, whichever comes first: both lock student and key."""

import threading
import uuid

import pytest
from django.utils import timezone

from apps.consent.models import Purpose
from apps.consent.services import decisions
from apps.consent.services.decisions import withdraw
from apps.linkage.models import LinkedRecord
from apps.linkage.services import deletion
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services import answers, session_steps, sessions
from apps.vault.models import SubjectKey
from tests.linkage.test_withdrawal_during_sync import in_a_thread
from tests.selfinfo.guardian_browser import NO_MORE, carry, end_guardianship

pytestmark = pytest.mark.django_db(transaction=True)


def take_back(cast, *purposes):
    for purpose in purposes or (Purpose.INCOME,):
        withdraw(
            student=cast.sakura, actor=cast.midori.user, purpose=purpose, form_key=uuid.uuid4()
        )


def ready(browser, variant="single"):
    """A session whose next step fetches the answer."""
    session = browser.start_and_return(variant)
    carry(session, most=2)
    assert session.state == "polling"
    SelfInfoSession.objects.update(next_at=timezone.now())
    return session


def kinds():
    return set(LinkedRecord.objects.readable().values_list("kind", flat=True))


def test_what_was_taken_back_before_the_request_is_not_asked_for(browser, mynaportal, cast):
    session = browser.start_and_return()
    take_back(cast)
    carry(session)
    (request_body,) = [body for path, body in mynaportal.seen if path == "/request"]
    assert "TM00000000000992" not in request_body["personInfoNameCd"]
    assert session.outcomes["income"] == "taken_back"
    assert kinds() == {"household", "allowances"}


def test_what_was_taken_back_while_waiting_is_not_even_reduced(browser, cast, monkeypatch):
    session, reduced, reduce = ready(browser), [], answers.reduce_answer

    def noted(purpose, *more):
        reduced.append(purpose)
        return reduce(purpose, *more)

    monkeypatch.setattr(answers, "reduce_answer", noted)
    take_back(cast)
    carry(session)
    assert reduced == ["household", "allowances"]
    assert (session.state, session.outcomes["income"]) == ("discarded", "taken_back")


def test_when_all_was_taken_back_nothing_is_fetched(browser, mynaportal, cast):
    session = ready(browser)
    take_back(cast, *Purpose.values[6:9])
    n_calls = len(mynaportal.seen)
    carry(session)
    assert (session.state, session.why) == ("denied", "withdrawn")
    assert len(mynaportal.seen) == n_calls
    assert "受け取らずにおわりました" in browser.text(session)


@pytest.mark.parametrize("how", NO_MORE)
def test_who_is_no_guardian_any_more_gets_nothing_fetched(browser, cast, how):
    session = ready(browser)
    end_guardianship(cast.sakura, how)
    carry(session)
    assert (session.state, session.why) == ("denied", "not_guardian")
    assert not LinkedRecord.objects.exists()


@pytest.mark.parametrize("how", NO_MORE)
def test_a_guardianship_that_ends_while_the_answer_comes_keeps_nothing(
    browser, cast, monkeypatch, how
):
    session, held = ready(browser), answers.lock_student

    def ends_now(student_id):
        end_guardianship(cast.sakura, how)
        return held(student_id)

    monkeypatch.setattr(answers, "lock_student", ends_now)
    carry(session)
    assert (session.state, session.why) == ("denied", "not_guardian")
    assert not LinkedRecord.objects.exists()


def test_a_withdrawal_that_comes_first_makes_the_writer_wait_and_write_nothing(
    browser, cast, monkeypatch
):
    session = ready(browser)
    destroyed, commit, saved = threading.Event(), threading.Event(), threading.Event()
    reconcile = decisions.reconcile_keys

    def slow(*args, **more):
        reconcile(*args, **more)
        destroyed.set()
        commit.wait(10)

    monkeypatch.setattr(decisions, "reconcile_keys", slow)
    withdrawing = in_a_thread(lambda: take_back(cast), threading.Event())
    assert destroyed.wait(10)
    saving_thread = in_a_thread(session_steps.advance_sessions, saved)
    assert not saved.wait(0.7)  # it has the answer, and waits
    commit.set()
    saving_thread.join(10)
    withdrawing.join(10)
    session.refresh_from_db()
    assert session.outcomes == {
        "household": "kept", "income": "taken_back", "allowances": "kept",
    }  # fmt: skip
    assert not LinkedRecord.objects.filter(purpose="income").exists()


def test_a_withdrawal_that_comes_second_waits_and_leaves_nothing_readable(
    browser, cast, monkeypatch
):
    session, done = ready(browser), threading.Event()
    threads, was_waiting = [], []
    key_of = answers.key_for_writing

    def withdraws_meanwhile(student_id, purpose):
        key = key_of(student_id, purpose)
        if purpose == Purpose.INCOME:
            threads.append(in_a_thread(lambda: take_back(cast), done))
            was_waiting.append(not done.wait(0.5))
        return key

    monkeypatch.setattr(answers, "key_for_writing", withdraws_meanwhile)
    session_steps.advance_sessions()
    threads[0].join(10)
    session.refresh_from_db()
    assert was_waiting == [True]
    assert session.state == "discarded"
    assert LinkedRecord.objects.filter(purpose="income").count() == 1
    assert not SubjectKey.objects.filter(purpose="income").exists()
    assert kinds() == {"household", "allowances"}
    assert deletion.delete_expired_records() == 1


def test_all_three_taken_back_at_once_never_deadlocks_with_the_writer(browser, cast):
    session, done = ready(browser), threading.Event()
    thread = in_a_thread(lambda: take_back(cast, *Purpose.values[6:9]), done)
    session_steps.advance_sessions()
    thread.join(20)
    assert done.is_set()
    carry(session)
    assert session.is_over
    assert not kinds()


# -- killed in between, and twice at once ---------------------------------------------------------


def test_two_workers_take_one_step_once(browser, mynaportal, monkeypatch):
    session, second = browser.start_and_return(), []
    ask = session_steps._ask

    def meanwhile(claimed):
        in_a_thread(
            lambda: second.append(session_steps.advance_sessions()), threading.Event()
        ).join(10)
        ask(claimed)

    monkeypatch.setattr(session_steps, "_ask", meanwhile)
    assert session_steps.advance_sessions() == 1
    assert second == [0]
    session.refresh_from_db()
    assert session.state == "requested"
    assert [path for path, _ in mynaportal.seen] == ["/oauth/token", "/request"]


class Killed(BaseException):
    """A worker that is killed: nothing catches it."""


@pytest.mark.parametrize("where", ["_keep_token", "_record_request", "save_answer", "_poll_later"])
def test_a_worker_killed_between_two_steps_loses_no_session(
    browser, monkeypatch, time_machine, where
):
    session = browser.start_and_return()
    real = getattr(session_steps, where)

    def dies(*args, **more):
        raise Killed

    monkeypatch.setattr(session_steps, where, dies)
    with pytest.raises(Killed):
        carry(session)
    monkeypatch.setattr(session_steps, where, real)
    session.refresh_from_db()
    assert not session.is_over
    assert carry() is None
    session.refresh_from_db()
    assert not session.is_over  # its lease has not ended: nobody else has claimed it
    time_machine.shift(91)
    carry(session)
    if where == "_keep_token":  # the code can be used only once: the guardian is told
        assert (session.state, session.why) == ("error", "cut")
        assert "はじめからやりなおして" in browser.text(session)
    else:
        assert (session.state, session.why) == ("discarded", "")
        assert kinds() == {"household", "income", "allowances"}


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(browser, monkeypatch):
    session = ready(browser)
    save = answers.save_answer
    late = []

    def slow(claimed, parts):
        SelfInfoSession.objects.update(turn=claimed.turn + 1)  # another has claimed it meanwhile
        late.append(save(claimed, parts))

    monkeypatch.setattr(session_steps, "save_answer", slow)
    session_steps.advance_sessions()
    session.refresh_from_db()
    assert late == [None]
    assert session.state == "polling"
    assert not LinkedRecord.objects.exists()


def test_a_notification_while_a_worker_looks_is_not_lost(
    browser, settings, mynaportal, monkeypatch
):
    settings.SELF_INFO_NOTIFY = True
    session = browser.start_and_return("never")
    carry(session, most=1)
    SelfInfoSession.objects.update(next_at=timezone.now())
    (secret,) = [body["notify"]["secret"] for path, body in mynaportal.seen if path == "/request"]
    portal = session_steps.mynaportal_client

    class NotifyingClient:
        def result(self, token, process_id):
            assert sessions.record_notification(secret, process_id)
            return portal().result(token, process_id)

    monkeypatch.setattr(session_steps, "mynaportal_client", NotifyingClient)
    assert session_steps.advance_sessions() == 2
    session.refresh_from_db()
    assert session.state == "polling"  # it was polled once more, at once
    assert session.n_polls == 2
