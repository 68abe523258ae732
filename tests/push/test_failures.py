"""Failures during delivery: a killed worker, a lost database, an emptied broker."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.utils import timezone

from apps.push.models import BroadcastChunk, DeliveryState, PushDelivery
from apps.push.services import broadcasts, deliveries
from tests.push.small_window_worker import CONNECTIONS, WRITTEN

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
DEVICES = 60


@pytest.fixture
def devices(cast, push_service):
    """Many devices at a slow service."""
    bound = [push_service.device_of(cast.sakura.user) for _ in range(20)]
    bound += [push_service.device_of(cast.ren.user) for _ in range(20)]
    bound += [push_service.device_of(cast.midori.user) for _ in range(20)]
    for device in bound:
        push_service.tell(device, {"hang_s": 0.1})
    broadcasts.send_to_users(
        [cast.sakura.user.pk, cast.ren.user.pk, cast.midori.user.pk],
        topic="f" * 32, path="/", is_urgent=True, expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    return bound


def worker(push_service):
    """A real process that sends what is due in this test's database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    env = {
        **os.environ,
        "DATABASE_URL": url.geturl(),
        "DJANGO_SETTINGS_MODULE": "kaga_portal.settings",
        "PUSH_SANDBOX_ORIGIN": push_service.origin,
        "PUSH_LANE": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.push.small_window_worker"],
        cwd=django_settings.BASE_DIR,
        env=env,
    )


def wait_until(true, seconds=20):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def lease_ends():
    BroadcastChunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_worker_killed_in_mid_chunk_loses_nothing_and_doubles_one_window_at_most(
    devices, push_service
):
    killed = worker(push_service)
    wait_until(lambda: killed.poll() is not None or len(push_service.messages()) >= 2 * WRITTEN)
    assert killed.poll() is None
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(10)
    assert 0 < PushDelivery.objects.filter(state=DeliveryState.ACCEPTED).count() < DEVICES
    assert broadcasts.deliver_due() == 0  # the lease has not ended
    lease_ends()
    broadcasts.deliver_due()
    assert PushDelivery.objects.filter(state=DeliveryState.ACCEPTED).count() == DEVICES
    times = Counter(message["text"] for message in push_service.messages())
    assert len(times) == DEVICES
    assert max(times.values()) <= 2
    assert sum(n - 1 for n in times.values()) <= WRITTEN + CONNECTIONS
    assert BroadcastChunk.objects.get().n_lost == 1


def test_a_database_that_goes_away_in_mid_chunk_loses_nothing(devices, push_service, monkeypatch):
    save_responses, pids = deliveries.save_responses, []

    def cut_and_settle(*args):
        if not pids:
            pids.append(connection.connection.info.backend_pid)
            with psycopg.connect(**_params(), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", pids)
        save_responses(*args)

    monkeypatch.setattr(deliveries, "save_responses", cut_and_settle)
    with pytest.raises(OperationalError):
        broadcasts.deliver_due()
    connection.close()
    lease_ends()
    broadcasts.deliver_due()
    assert PushDelivery.objects.filter(state=DeliveryState.ACCEPTED).count() == DEVICES


def _params():
    values = connection.get_connection_params()
    return {
        name: values[name]
        for name in ("host", "port", "user", "password", "dbname")
        if name in values
    }


def test_a_chunk_that_kills_every_worker_is_given_up(devices, push_service):
    deliveries.chunks.plan_next_broadcast()
    for _ in range(deliveries.MAX_LOST_LEASES):
        deliveries.claim_chunk()
        lease_ends()
    broadcasts.deliver_due()
    assert set(PushDelivery.objects.values_list("state", "error_code")) == {("failed", "lost")}
    assert push_service.messages() == []


def test_a_worker_whose_chunk_was_taken_stops_and_leaves_it_alone(devices, push_service):
    deliveries.chunks.plan_next_broadcast()
    slow = deliveries.claim_chunk()
    lease_ends()
    other = deliveries.claim_chunk()
    deliveries.chunks.insert_deliveries(slow)
    assert deliveries._keep_lease(slow) is False
    deliveries.release_chunk(slow)
    assert BroadcastChunk.objects.get().lease_until == other.lease_until


def test_workers_at_once_never_take_the_same_chunk(devices, monkeypatch):
    monkeypatch.setattr(deliveries.chunks, "CHUNK_SIZE", 3)
    deliveries.chunks.plan_next_broadcast()

    def take_all(_):
        try:
            return [chunk.pk for chunk in iter(deliveries.claim_chunk, None)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        claimed = [pk for pks in workers.map(take_all, range(4)) for pk in pks]
    assert len(claimed) == len(set(claimed)) == BroadcastChunk.objects.count() == DEVICES / 3
    assert not BroadcastChunk.objects.filter(n_lost__gt=0).exists()


def test_what_is_due_is_found_without_any_broker(devices, push_service, monkeypatch):
    monkeypatch.setattr("apps.core.clock.current_app.send_task", lambda *a, **k: 1 / 0)
    assert broadcasts.deliver_due() == DEVICES
