"""Waking a worker is optional: a broker that is down or hangs delays nothing, and is found again."""

import os
import signal
import time

import pytest
import redis

from apps.core import clock

pytestmark = pytest.mark.fault
NOT_LONG_S = 4.0  # far above our time limit, below the six seconds of kombu's retries


@pytest.fixture
def wake_worker_broker(broker, monkeypatch):
    """Uses the test's own broker; returns whether a wake-up message arrived there."""
    url = f"redis+socket://{broker.socket}?virtual_host=0"
    line = clock._broker_connection(url)
    monkeypatch.setattr(clock, "_broker_connection", lambda address: line)
    monkeypatch.setattr(clock, "PAUSE_S", 0.0)
    monkeypatch.setattr(clock._away, "until", 0.0)

    def wake():
        began = time.monotonic()
        clock._send("helpline.escalate")
        assert time.monotonic() - began < NOT_LONG_S

    def arrived():
        return redis.Redis(unix_socket_path=str(broker.socket)).llen("help")

    return wake, arrived


def test_a_broker_that_died_holds_nobody_up_and_is_found_again(broker, wake_worker_broker):
    wake, arrived = wake_worker_broker
    wake()
    assert arrived() == 1
    broker.kill()
    for _ in range(3):
        wake()
    broker.start()
    for _ in range(3):  # the first may still use the old connection
        wake()
    assert arrived() >= 1


def test_a_broker_that_hangs_holds_nobody_up(broker, wake_worker_broker):
    wake, arrived = wake_worker_broker
    wake()
    assert arrived() == 1
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        wake()
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)
    assert clock._away.until > 0.0  # it was asked, and did not answer in time


def test_one_that_did_not_answer_is_left_alone_for_a_while(broker, wake_worker_broker, monkeypatch):
    wake, arrived = wake_worker_broker
    monkeypatch.setattr(clock, "PAUSE_S", 60.0)
    broker.kill()
    wake()
    broker.start()
    wake()
    assert arrived() == 0
    monkeypatch.setattr(clock._away, "until", 0.0)
    wake()
    wake()
    assert arrived() >= 1
