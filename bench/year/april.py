"""The first of April: all rows of a school year fall due at once, beside running traffic."""

import threading
import time

from django.db import connections
from django.urls import reverse

from apps.checkins.services.retention import delete_expired_checkins
from apps.core import sweeps
from apps.linkage.services.deletion import delete_expired_records
from bench.harness import figure, median
from bench.year.measure import YEAR
from bench.year.pages import get

ROWS, GOAL_S = 2_000_000, 600


class Traffic:
    """``with Traffic(place, client):`` opens the first page once a second meanwhile."""

    def __init__(self, place, client):
        self.times, self.problems = [], []
        self._place, self._client, self._over = place, client, threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self._open_pages)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _open_pages(self):
        connections["default"] = self._place.connection.copy()
        try:
            while not self._over.wait(1):
                began = time.perf_counter()
                get(self._client, reverse("portal:home"))
                self.times.append((time.perf_counter() - began) * 1000)
        except Exception as error:  # shown by the caller
            self.problems.append(f"{type(error).__name__}: {error}")
        finally:
            connections["default"].close()


def first_of_april(places, client, seconds):
    """The figure: how long two million due rows take, at the pace of at most ``seconds``."""
    place, n = places.use(YEAR), 0
    sweeps.run_sweep.__kwdefaults__["seconds"] = seconds / 2  # a worker's own ends after 40 s
    began = time.perf_counter()
    with Traffic(place, client) as traffic:
        while time.perf_counter() - began < seconds:
            n_now = delete_expired_records() + delete_expired_checkins()
            n += n_now
            if not n_now:
                break
        took = time.perf_counter() - began
    if traffic.problems or not n:
        raise RuntimeError(f"first of April: {n} rows, {traffic.problems}")
    value = took * ROWS / n
    print(
        f"first of April: {n:,} rows in {took:.1f} s; meanwhile a page {median(traffic.times):.0f} ms"
        f" (the slowest {max(traffic.times, default=0):.0f})",
        flush=True,
    )
    figure("big_year_first_of_april", value, "s", ratio=GOAL_S / value, to="ten_minutes", goal=1.0)
