# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""A year of data against one day: pages, lists, periodic work, and what a student's year weighs.

``python bench/big_year.py [--quick] [--students N] [--days N] [--rounds N]``

Two copies of a database with the same people are filled, one with the last school day, one with
all of them (``year/fill.py``: rows truly sealed, or multiplied from such rows by SQL). Then each
act is timed in both by turns, through Django's test client with real sessions or as the worker
calls it; the ratio is the day's time to the year's. The clock of this process stands at the last
day, 10 a.m.; at the end it stands at the first of April, when all rows are due. Whatever fails is
named, and the run ends with an error.
"""

import argparse
import sys
import time
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import own_database  # noqa: E402

FULL = {"students": 10_000, "days": 200, "rounds": 9, "notices": 60, "checkpoints": 1_000,
        "help": 20, "april_s": 60, "roster": 10_000}  # fmt: skip
QUICK = {"students": 1_000, "days": 100, "rounds": 4, "notices": 20, "checkpoints": 100,
         "help": 20, "april_s": 6, "roster": 1_000}  # fmt: skip
DAY = {"notices": 1, "checkpoints": 2, "help": 20}


def main():
    size = _options()
    with own_database("big_year") as folder:
        import logging

        import time_machine
        from django.utils import timezone

        from apps.core import clock
        from bench.year import fill
        from bench.year.databases import Places

        logging.disable(logging.WARNING)
        days = fill.school_days(size["days"])
        places = Places("people", folder)
        with time_machine.travel(_morning(days[-1]), tick=True) as traveller:
            clock._state.source = timezone.now  # not the server's own clock
            try:
                _run(places, size, days, traveller.move_to)
            finally:
                places.drop_copies()


def _run(places, size, days, move_to):
    from bench.year import april, measure, pages, people, second_city, sizes, work

    places.copy("roster", of="people")
    second_city.second_city_roster(places.use("roster").folder, size["roster"])
    places.use("people")
    places.drop("roster")
    cast = people.seed(size["students"])
    browsers = pages.Browsers(cast)
    for name, history, part in ((measure.DAY, DAY, days[-1:]), (measure.YEAR, size, days)):
        began = time.perf_counter()
        places.copy(name, of="people")
        places.use(name)
        _fill(cast, history, part, move_to)
        print(f"filled {name}: {time.perf_counter() - began:.0f} s", flush=True)
    sizes.bytes_per_student_year(size["students"], len(days))
    for probes in (pages.family_pages(browsers), pages.staff_pages(browsers)):
        move_to(_morning(days[-1]))
        measure.compare_all(places, probes, size["rounds"])
    _afternoon(places, days[-1], move_to)
    measure.compare_all(places, work.periodic_work(cast), size["rounds"])
    move_to(_morning(date(days[0].year + 1, 4, 1)))
    places.use(measure.YEAR)
    april.first_of_april(places, pages.Browsers(cast).student, size["april_s"])


def _fill(cast, history, days, move_to):
    from apps.reports.services import checkin_counts
    from bench.year import fill
    from bench.year import history as other

    fill.Filler(cast, move_to).fill(days)
    move_to(_morning(days[-1]))
    other.notices(cast, history["notices"])
    other.decisions(cast, history["checkpoints"])
    other.help_requests(cast, history["help"])
    checkin_counts.count_past_days()  # as every night
    fill.analyse()


def _afternoon(places, day, move_to):
    """Hours after the answers of the day: the rules have looked at all of them."""
    from bench.year import measure, work

    move_to(_morning(day).replace(hour=15))
    for name in (measure.DAY, measure.YEAR):
        places.use(name)
        work.rules_up_to_date()


def _morning(day):
    from apps.core.clock import JST

    return datetime.combine(day, time_of_day(10), JST)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1,000 students, 100 days")
    for name in ("students", "days", "rounds"):
        parser.add_argument(f"--{name}", type=int)
    options = vars(parser.parse_args())
    given = {name: value for name, value in options.items() if value and name != "quick"}
    return {**(QUICK if options["quick"] else FULL), **given}


if __name__ == "__main__":
    main()
