# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Cost of the nightly rules: a student's month of check-ins and attendance, opened and judged.

``python bench/triage.py [--quick]``

The limit is reading and unsealing the same rows under the same keys and nothing else. Two workers
share one night; a night in which nothing changed follows the first.
"""

import argparse
import gc
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import triage_seed  # noqa: E402
from bench.databases import own_database  # noqa: E402
from bench.harness import answer_of, figure  # noqa: E402

WORKER = "bench.triage_worker"
GOAL_RATE = 2_000  # students a second of one worker


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="200 and 1,200 students, not 30,000")
    few, many = (200, 1_200) if parser.parse_args().quick else (1_000, 30_000)
    with own_database("triage"):
        a_few = _night(few) / few
        city, ids = triage_seed.seed_city(many)
        bare = many / _bare(ids)
        first = _worker()
        again = _worker()
        rate = many / first
        figure("triage_students", rate, "students/s", ratio=rate / bare, to="bare", goal=0.5)
        figure(
            "triage_students_rate", rate, "students/s", ratio=rate / GOAL_RATE, to="2000/s", goal=1
        )
        figure(
            "triage_linear", first / many * 1e6, "us/student", ratio=a_few / (first / many),
            to=f"{few}_students", goal=0.83,
        )  # fmt: skip
        figure("triage_again", again, "s", ratio=first / again, to="first_night", goal=20)
        shared = min(many, 5_000)
        triage_seed.seed_city(shared)
        both = shared / _two_workers()
        figure("triage_two_workers", both, "students/s", ratio=both / rate, to="one", goal=1.7)


def _night(n_students):
    triage_seed.seed_city(n_students)
    return _worker()


def _worker():
    """Seconds of one worker, in a process of its own."""
    done = answer_of(WORKER)
    return done["ended"] - done["began"]


def _two_workers():
    """Seconds from the first of two workers to the end of the last."""
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(answer_of, [WORKER, WORKER]))
    return max(one["ended"] for one in done) - min(one["began"] for one in done)


def _bare(ids):
    """Seconds of reading and unsealing the same rows, with nothing around it."""
    from apps.checkins.models import CheckIn
    from apps.core.batches import in_batches
    from apps.linkage.models import LinkedRecord
    from apps.vault.services.keys import unlocked_keys

    gc.collect()
    gc.freeze()  # as the workers
    began = time.perf_counter()
    for model, purpose in ((LinkedRecord, "attendance"), (CheckIn, "checkin_review")):
        for some in in_batches(ids, 200):
            keys = unlocked_keys(some, purpose)
            rows = model.objects.filter(student__in=some, purpose=purpose).order_by()
            for pk, student, sealed in rows.values_list("id", "student_id", "sealed"):
                keys[student].open_bytes(model, pk, sealed)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
