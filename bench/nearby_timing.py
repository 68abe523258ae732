# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Whether how long a page takes tells an adult near a child what happened.

``python bench/nearby_timing.py [--quick] [--rounds N]``

The town of ``tests/nearby`` lives three days in three copies of a database: nothing happened, all
happened, help requests alone. The pages of those who must not know are timed in two of them by
turns, through Django's test client with real sessions. The figure is the |z| of a rank test; the
ratio is the value from which on a difference is chance in fewer than one of a thousand (3.29) to it.
"""

import argparse
import gc
import sys
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import own_database  # noqa: E402
from bench.harness import figure, median  # noqa: E402
from bench.ranks import NOTICED, z_of_ranks  # noqa: E402

ROUNDS, QUICK_ROUNDS = 200, 8
BEGAN = datetime.fromisoformat("2026-11-24T10:00+09:00")  # a Tuesday
WARM = 2  # first requests in each world, not counted
TWIN, FAMILY, SCHOOL = "twin", "family", "school"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
GUARDIANS = {
    "home": "/", "consent": "/consent/{child}/", "looked": "/consent/{child}/looked/",
    "data": "/data/{child}/", "inbox": "/notices/",
}  # fmt: skip
STAFF = {
    "today": "/admin/", "requests": "/admin/helpline/helprequest/",
    "a_request": "/admin/helpline/helprequest/{request}/open/",
    "load": "/admin/helpline/dutyroster/load/",
}  # fmt: skip
PAGES = {  # {who: (the world in which it happened, {page: address})}
    "midori": (FAMILY, GUARDIANS),
    "hajime": (FAMILY, {"home": "/", "refusal": "/consent/{child}/"}),
    "hana": (FAMILY, {"home": "/"}),
    "parent": (FAMILY, {"today": "/admin/", "cases": "/admin/cases/supportcase/"}),
    "homeroom": (SCHOOL, STAFF), "principal": (SCHOOL, {"today": "/admin/"}),
}  # fmt: skip
NAMES = {
    "midori": "guardian", "hajime": "kept_out", "hana": "classmate",
    "parent": "parent_on_staff", "homeroom": "homeroom", "principal": "principal",
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    parser.add_argument("--rounds", type=int, help=f"of each page in each world; {ROUNDS}")
    options = parser.parse_args()
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    with own_database("nearby") as folder:
        import logging

        import time_machine
        from django.utils import timezone

        from apps.core import clock
        from bench.year.databases import Places

        logging.disable(logging.ERROR)
        places = Places("town", folder)
        with time_machine.travel(BEGAN, tick=True) as traveller:
            clock._state.source = timezone.now  # not the server's own clock
            try:
                _run(places, folder, traveller, rounds)
            finally:
                places.drop_copies()


def _run(places, folder, traveller, rounds):
    from django.conf import settings

    from apps.core.storage_aliases import SOURCES
    from tests.cast import make_cast
    from tests.nearby import days, town
    from tests.storage_folders import use_folder

    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    cast = town.build(make_cast(), folder / "files", settings)
    lived = {TWIN: frozenset(), FAMILY: days.EVERYTHING, SCHOOL: frozenset(days.HELP)}
    addresses, clients = {}, {}
    for name, happened in lived.items():
        places.copy(name, of="town")
        places.use(name)
        use_folder(settings, SOURCES, folder / "files")
        traveller.move_to(BEGAN + timedelta(minutes=5))
        days.live(cast, traveller, happened)
        addresses[name], clients[name] = _ids(cast), _clients(cast)
    for who, (world, pages) in PAGES.items():
        for page, address in pages.items():
            acts = {
                name: partial(clients[name][who].get, address.format(**addresses[name]))
                for name in (TWIN, world)
            }
            _print(f"nearby_{NAMES[who]}_{page}", *_times(places, acts, rounds))


def _ids(cast):
    """What stands in the addresses of this world; an id that nobody has where nothing happened."""
    from apps.helpline.models import HelpRequest

    newest = HelpRequest.objects.order_by("-sent_at").first()
    return {"child": cast.sakura.pk, "request": newest.pk if newest else UNKNOWN}


def _clients(cast):
    """{who: a Client signed in to this world}."""
    from django.test import Client

    from tests import factories
    from tests.nearby import town

    users, found = town.people(cast), {}
    for who in PAGES:
        found[who] = Client(HTTP_HOST="localhost")
        factories.force_sign_in(found[who], users[who])
    return found


def _times(places, acts, rounds):
    """[ms] of one page in each of two worlds, by turns."""
    times, answers = {name: [] for name in acts}, {}
    gc.collect()
    gc.disable()
    for number in range(WARM + rounds):
        for name in acts if number % 2 else reversed(acts):
            places.use(name)
            began = time.perf_counter()
            answers[name] = acts[name]()
            times[name].append((time.perf_counter() - began) * 1000)
    gc.enable()
    if len({answer.status_code for answer in answers.values()}) > 1:
        sys.exit(f"another status: {answers}")
    return [each[WARM:] for each in times.values()]


def _print(name, twin, own):
    z = z_of_ranks(twin, own)
    print(
        f"{name:>32}: {median(twin):8.2f} ms, {median(own):8.2f} ms where it happened", flush=True
    )
    figure(name, abs(z), "z", ratio=NOTICED / max(abs(z), 0.01), to="one_in_1000", goal=1.0)


if __name__ == "__main__":
    main()
