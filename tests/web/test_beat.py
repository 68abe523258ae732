"""Celery beat continues when the clock is set back, and reports it."""

from datetime import timedelta

import pytest
from celery.utils.time import maybe_make_aware
from django.db import DatabaseError
from django.urls import reverse

from apps.core import heartbeat
from kaga_portal import beat
from kaga_portal.celery import app
from kaga_portal.schedule import CRONTABS, INTERVALS_S

STANDS_STILL = "時計が戻りました"


@pytest.fixture
def scheduler(db, tmp_path, monkeypatch):
    """Beat with an empty file, what it sent (``sent``), and no broker."""
    created = beat.Scheduler(app, schedule_filename=str(tmp_path / "beat"))
    created.sent = []
    monkeypatch.setattr(
        created, "apply_entry", lambda entry, producer: created.sent.append(entry.task)
    )
    monkeypatch.setattr(beat.Scheduler, "producer", None)
    yield created
    created.close()


def run(scheduler):
    """Everything that is due now."""
    while scheduler.tick() == 0:
        pass
    return scheduler.sent


def ahead(scheduler, **by):
    for entry in scheduler.schedule.values():
        entry.last_run_at = maybe_make_aware(app.now()) + timedelta(**by)


def test_a_file_six_hours_ahead_makes_everything_due_once(scheduler):
    ahead(scheduler, hours=6)
    assert sorted(run(scheduler)) == sorted(scheduler.schedule)
    assert {*INTERVALS_S, *CRONTABS} <= set(scheduler.sent)
    run(scheduler)
    assert scheduler.sent.count("helpline.escalate") == 1  # and then by its interval again


def test_a_clock_set_back_under_a_running_beat_silences_nothing(scheduler, time_machine):
    time_machine.move_to("2026-11-20T10:00+09:00", tick=True)
    run(scheduler)
    time_machine.shift(timedelta(minutes=1))
    scheduler.sent.clear()
    run(scheduler)
    assert "helpline.escalate" in scheduler.sent
    time_machine.shift(timedelta(hours=-6))
    scheduler.sent.clear()
    run(scheduler)
    assert "helpline.escalate" in scheduler.sent


def test_staff_are_told_that_the_clock_went_back(scheduler, cast, sign_in, caplog):
    ahead(scheduler, hours=6)
    assert STANDS_STILL not in sign_in(cast.officer.user).get(reverse("admin:index")).text
    run(scheduler)
    assert "the clock was set back by 21" in caplog.text
    assert STANDS_STILL in sign_in(cast.officer.user).get(reverse("admin:index")).text


def test_a_second_of_difference_is_no_alarm(scheduler):
    ahead(scheduler, seconds=1)
    run(scheduler)
    assert not heartbeat.was_clock_set_back()


def test_beat_notes_that_it_lives(scheduler, real_heartbeats):
    assert heartbeat.late_tasks([heartbeat.SCHEDULER])
    run(scheduler)
    assert not heartbeat.late_tasks([heartbeat.SCHEDULER])


def test_beat_wakes_the_workers_while_the_database_is_away(scheduler, monkeypatch):
    def away(*_):
        raise DatabaseError

    monkeypatch.setattr(heartbeat, "note_run", away)
    monkeypatch.setattr(heartbeat, "note_clock_set_back", away)
    ahead(scheduler, hours=6)
    assert "helpline.escalate" in run(scheduler)


def test_the_portal_runs_this_beat():
    assert app.conf.beat_scheduler == "kaga_portal.beat:Scheduler"
