"""Withdrawal beats a sync in flight, whichever comes first: the key row is where they meet."""

import threading
import uuid

import pytest
from django.db import connection

from apps.consent.models import Purpose
from apps.consent.services import deciding, withdraw
from apps.linkage import services, sync
from apps.linkage.models import LinkedRecord, RunState
from apps.vault.models import SubjectKey
from tests.linkage.test_taking_in_attendance import days_ago

pytestmark = pytest.mark.django_db(transaction=True)


def take_back(cast):
    return withdraw(
        student=cast.sakura,
        actor=cast.midori.user,
        purpose=Purpose.ATTENDANCE,
        form_key=uuid.uuid4(),
    )


def in_a_thread(work, done):
    def run():
        try:
            work()
        finally:
            connection.close()
            done.set()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_withdrawal_waits_for_the_page_being_written_and_then_makes_it_unreadable(
    agreed, source, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")
    done, threads, was_waiting = threading.Event(), [], []
    upsert = sync._upsert

    def withdraws_meanwhile(*args):
        upsert(*args)
        if args[2]:  # the page that carries sakura's row, its key held FOR SHARE
            threads.append(in_a_thread(lambda: take_back(agreed), done))
            was_waiting.append(not done.wait(0.5))

    monkeypatch.setattr(sync, "_upsert", withdraws_meanwhile)
    run = services.sync(source)
    threads[0].join(10)
    assert done.is_set()
    assert was_waiting == [True]
    assert run.n_kept == 1
    assert not SubjectKey.objects.filter(purpose=Purpose.ATTENDANCE).exists()
    assert not LinkedRecord.objects.readable().exists()
    assert services.sweep() == 1


def test_a_sync_that_comes_after_the_withdrawal_began_writes_nothing(
    agreed, source, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")
    destroyed, commit, synced = threading.Event(), threading.Event(), threading.Event()
    settle = deciding.settle

    def slow(*args, **more):
        settle(*args, **more)
        destroyed.set()
        commit.wait(10)

    monkeypatch.setattr(deciding, "settle", slow)
    withdrawing = in_a_thread(lambda: take_back(agreed), threading.Event())
    assert destroyed.wait(10)
    runs = []
    syncing = in_a_thread(lambda: runs.append(services.sync(source)), synced)
    assert not synced.wait(0.5)  # it waits at the key row
    commit.set()
    syncing.join(10)
    withdrawing.join(10)
    assert (runs[0].state, runs[0].n_kept, runs[0].n_not_consented) == (RunState.DONE, 0, 1)
    assert not LinkedRecord.objects.exists()


def test_a_withdrawal_among_thirty_pages_leaves_nothing_readable(agreed, source, put, monkeypatch):
    monkeypatch.setattr("apps.linkage.connectors.attendance_csv.PAGE", 1)
    put(*(f"1001,{days_ago(n)},病欠," for n in range(1, 31)))
    done, threads, pages = threading.Event(), [], []
    take = sync.take_page

    def counted(*args):
        take(*args)
        pages.append(1)
        if len(pages) == 10:
            threads.append(in_a_thread(lambda: take_back(agreed), done))

    monkeypatch.setattr(sync, "take_page", counted)
    run = services.sync(source)
    threads[0].join(10)
    assert run.n_kept + run.n_not_consented == 30
    assert run.n_kept >= 9
    assert not LinkedRecord.objects.readable().exists()
    assert services.sweep() == run.n_kept


def test_two_runs_at_once_are_one(agreed, source, put, monkeypatch):
    put(f"1001,{days_ago(1)},病欠,")
    take, refused = sync.take_page, []

    def asks_again(*args):
        done = threading.Event()
        in_a_thread(lambda: refused.append(_refusal(source)), done).join(10)
        take(*args)

    monkeypatch.setattr(sync, "take_page", asks_again)
    assert services.sync(source).n_kept == 1
    assert set(refused) == {"いま 連携して います。おわるまで お待ちください。"}
    assert LinkedRecord.objects.count() == 1


def _refusal(source):
    try:
        services.sync(source)
    except services.AlreadyRunning as error:
        return str(error)
    return "it ran"
