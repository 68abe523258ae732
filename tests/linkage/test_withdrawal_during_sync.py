"""Withdrawal beats a running sync, whichever comes first: both lock the key row."""

import threading
import uuid

import pytest
from django.db import connection

from apps.consent.models import Purpose
from apps.consent.services import decisions
from apps.consent.services.decisions import withdraw
from apps.linkage.models import LinkedRecord, RunState
from apps.linkage.services import deletion, file_periods, importer, sync_runs
from apps.vault.models import SubjectKey
from tests.linkage.test_attendance_import import days_ago

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


def test_a_withdrawal_while_a_file_is_read_does_not_wait_and_nothing_of_it_stays(
    agreed, source, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")
    done, threads = threading.Event(), []
    close = file_periods.FilePeriod.close

    def withdraws_meanwhile(*args):
        close(*args)
        threads.append(in_a_thread(lambda: take_back(agreed), done))
        assert done.wait(10)

    monkeypatch.setattr(file_periods.FilePeriod, "close", withdraws_meanwhile)
    run = sync_runs.sync_source(source)
    threads[0].join(10)
    assert (run.n_kept, run.n_not_consented) == (0, 1)
    assert not LinkedRecord.objects.exists()


def test_a_withdrawal_at_the_very_end_waits_for_the_commit_and_then_makes_it_unreadable(
    agreed, source, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")
    done, threads, was_waiting = threading.Event(), [], []
    hold = importer.share_lock_keys

    def withdraws_meanwhile(key_ids):
        alive = hold(key_ids)
        threads.append(in_a_thread(lambda: take_back(agreed), done))
        was_waiting.append(not done.wait(0.5))
        return alive

    monkeypatch.setattr(importer, "share_lock_keys", withdraws_meanwhile)
    run = sync_runs.sync_source(source)
    threads[0].join(10)
    assert done.is_set()
    assert was_waiting == [True]
    assert run.n_kept == 1
    assert not SubjectKey.objects.filter(purpose=Purpose.ATTENDANCE).exists()
    assert not LinkedRecord.objects.readable().exists()
    assert deletion.delete_expired_records() == 1


def test_a_sync_that_comes_after_the_withdrawal_began_writes_nothing(
    agreed, source, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,")
    destroyed, commit, synced = threading.Event(), threading.Event(), threading.Event()
    reconcile = decisions.reconcile_keys

    def slow(*args, **more):
        reconcile(*args, **more)
        destroyed.set()
        commit.wait(10)

    monkeypatch.setattr(decisions, "reconcile_keys", slow)
    withdrawing = in_a_thread(lambda: take_back(agreed), threading.Event())
    assert destroyed.wait(10)
    runs = []
    syncing = in_a_thread(lambda: runs.append(sync_runs.sync_source(source)), synced)
    assert not synced.wait(0.5)  # it waits at the key row
    commit.set()
    syncing.join(10)
    withdrawing.join(10)
    assert (runs[0].state, runs[0].n_kept, runs[0].n_not_consented) == (RunState.DONE, 0, 1)
    assert not LinkedRecord.objects.exists()


def test_a_withdrawal_among_thirty_files_leaves_nothing_readable(agreed, source, put, monkeypatch):
    for n in range(1, 31):
        put(f"1001,{days_ago(n)},病欠,", name=f"attendance_daily_{n:02}.csv")
    done, threads, files = threading.Event(), [], []
    write = importer.Importer.write

    def counted(*args):
        batch = write(*args)
        files.append(1)
        if len(files) == 10:
            threads.append(in_a_thread(lambda: take_back(agreed), done))
        return batch

    monkeypatch.setattr(importer.Importer, "write", counted)
    run = sync_runs.sync_source(source)
    threads[0].join(10)
    assert run.n_kept + run.n_not_consented == 30
    assert run.n_kept >= 10
    assert not LinkedRecord.objects.readable().exists()
    assert deletion.delete_expired_records() == run.n_kept
    assert not LinkedRecord.objects.exists()


def test_two_runs_at_once_are_one(agreed, source, put, monkeypatch):
    put(f"1001,{days_ago(1)},病欠,")
    write, refused = importer.Importer.write, []

    def asks_again(*args):
        done = threading.Event()
        in_a_thread(lambda: refused.append(_refusal(source)), done).join(10)
        return write(*args)

    monkeypatch.setattr(importer.Importer, "write", asks_again)
    assert sync_runs.sync_source(source).n_kept == 1
    assert set(refused) == {"いま連携しています。終わるまでお待ちください。"}
    assert LinkedRecord.objects.count() == 1


def _refusal(source):
    try:
        sync_runs.sync_source(source)
    except sync_runs.SourceBusy as error:
        return str(error)
    return "it ran"
