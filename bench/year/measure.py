"""Times the same act in two databases by turns."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connections

from bench.harness import figure, median

DAY, YEAR = "day", "year"
GOAL = 0.8


@dataclass(frozen=True)
class Probe:
    """One act, and what must be done before each time (which is not timed)."""

    name: str
    act: Callable[[], object]
    prepare: Callable[[], object] = lambda: None


class _Counter:
    """Counts statements; a wrapper of Django's ``execute_wrapper``."""

    def __init__(self):
        self.n = 0

    def __call__(self, execute, sql, params, many, context):
        self.n += 1
        return execute(sql, params, many, context)


def compare(places, probe, rounds):
    """Print the figure of one act: the time with a year of data, against that with a day."""
    times, counts = {DAY: [], YEAR: []}, {}
    for name in times:  # warm, and counted
        places.use(name)
        probe.prepare()
        counter = _Counter()
        with connections["default"].execute_wrapper(counter):
            probe.act()
        counts[name] = counter.n
    for number in range(rounds):
        for name in (DAY, YEAR) if number % 2 else (YEAR, DAY):
            places.use(name)
            probe.prepare()
            began = time.perf_counter()
            probe.act()
            times[name].append((time.perf_counter() - began) * 1000)
    day, year = median(times[DAY]), median(times[YEAR])
    print(f"{probe.name:>28}: {day:8.1f} ms, {year:8.1f} ms with a year; "
          f"{counts[DAY]}/{counts[YEAR]} statements", flush=True)  # fmt: skip
    figure(f"big_year_{probe.name}", year, "ms", ratio=day / year, to="one_day", goal=GOAL)


def compare_all(places, probes, rounds):
    """The figures of these Probes; one that fails is named and ends the run at the end."""
    failed = []
    for probe in probes:
        try:
            compare(places, probe, rounds)
        except Exception as error:  # the other figures are still wanted
            failed.append(probe.name)
            print(f"{probe.name}: {type(error).__name__}: {error}", flush=True)
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")
