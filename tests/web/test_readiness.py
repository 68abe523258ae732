"""The readiness page: whether the portal can serve, and what is missing."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.urls import reverse

from apps.core import clock, heartbeat
from apps.core.models import Heartbeat
from kaga_portal import readiness
from kaga_portal.readiness import ReadinessCheck
from kaga_portal.schedule import HEARTBEAT_TASKS
from kaga_portal.stalled_work import BACKUP_LATE, warnings_of_stalled_work
from kaga_portal.task_queues import QUEUES, TASKS_OF_QUEUES

READY = reverse("readyz")


@pytest.fixture
def alive(db, real_heartbeats):
    """Beat and the workers of every queue did their work a moment ago."""
    for name in (*HEARTBEAT_TASKS, heartbeat.SCHEDULER):
        heartbeat.note_run(name, 15)


def without(monkeypatch, name):
    """The part ``name`` does not work."""

    def broken():
        raise OSError(name)

    checks = [
        ReadinessCheck(each.name, broken, each.is_needed) if each.name == name else each
        for each in readiness.READINESS_CHECKS
    ]
    monkeypatch.setattr(readiness, "READINESS_CHECKS", checks)


def test_with_everything_there_it_is_ready(alive, client):
    answer = client.get(READY)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "failing": [], "degraded": []}


@pytest.mark.parametrize("name", ["cache", "broker", "shares"])
def test_without_a_part_it_serves_and_names_what_is_missing(alive, client, monkeypatch, name):
    without(monkeypatch, name)
    answer = client.get(READY)
    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "failing": [], "degraded": [name]}


def test_without_the_database_it_takes_no_visitors(client, monkeypatch):
    def away():
        raise DatabaseError

    monkeypatch.setattr(
        readiness, "READINESS_CHECKS", [ReadinessCheck("database", away, is_needed=True)]
    )
    answer = client.get(READY)
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "failing": ["database"], "degraded": []}


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_whose_worker_is_dead_is_named(alive, client, queue):
    own = [name for name in HEARTBEAT_TASKS if name in TASKS_OF_QUEUES[queue]]
    assert own, "no periodic task of this queue is watched"
    Heartbeat.objects.filter(name__in=own).update(late_at=clock.now() - timedelta(seconds=1))
    assert client.get(READY).json()["degraded"] == [f"worker:{queue}"]


def test_a_dead_beat_is_named(alive, client):
    Heartbeat.objects.filter(name=heartbeat.SCHEDULER).delete()
    assert client.get(READY).json()["degraded"] == ["beat"]


def test_a_clock_that_was_set_back_is_named(alive, client):
    heartbeat.note_clock_set_back()
    assert client.get(READY).json()["degraded"] == ["clock"]


def test_a_beat_of_the_future_proves_nothing(alive, client):
    """The database's clock was set back: what was noted before says "alive" for hours."""
    Heartbeat.objects.filter(name=heartbeat.SCHEDULER).update(
        beat_at=clock.now() + timedelta(hours=6), late_at=clock.now() + timedelta(hours=7)
    )
    assert client.get(READY).json()["degraded"] == ["beat"]


def test_a_late_backup_is_named_to_monitoring_and_to_the_city(alive, cast, client, settings):
    officer, nurse = cast.officer.user, cast.nurse.user
    settings.BACKUP_EVERY_HOURS = 26
    assert client.get(READY).json()["degraded"] == ["backup"]
    assert [words for words, _ in warnings_of_stalled_work(officer)] == [BACKUP_LATE]
    assert BACKUP_LATE not in [words for words, _ in warnings_of_stalled_work(nurse)]
    call_command("note_backup")
    assert client.get(READY).json()["degraded"] == []
    assert list(warnings_of_stalled_work(officer)) == []
    late = clock.now() + timedelta(hours=26, minutes=1)
    with time_machine.travel(late, tick=False):
        assert heartbeat.is_backup_late()


def test_who_expects_no_backup_is_told_of_none(alive, client, settings):
    settings.BACKUP_EVERY_HOURS = 0
    assert client.get(READY).json()["degraded"] == []
    with pytest.raises(CommandError, match="set BACKUP_EVERY_HOURS"):
        call_command("note_backup")
