"""Publishing a notice to 250, 6,000 and 1,000,000 students, and the inbox with it.

``python bench/notice_publish.py [--quick] [--rounds N]``

Three invented cities of rows in a database of their own (dropped afterwards). In each round the
second person's POST on the admin page is sent for each city in turn, through every middleware and
to the commit; the reference is the city of 250 in the same round. ``--quick`` makes the largest
city 100,000 and leaves out the faults. The inbox is counted with one notice among 250 students and
with 200 notices in the largest city. Then every one of the 6,000 has a device, and a worker sends
to it (notice_push.py): how soon 95 % of the messages came, and how soon every row was final when
the push service falters and the worker is killed.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["KAGA_INSTANCE"] = "bench"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")

FOLDER = tempfile.TemporaryDirectory(prefix="kaga-bench-")  # of this run, like its database
os.environ["KEY_SHARES_URL"] = f"file:{FOLDER.name}/key-shares"
os.environ["LEDGER_URL"] = f"file:{FOLDER.name}/ledger"

from kaga_portal import embedded  # noqa: E402

embedded.ensure("bench")

from bench.in_process import set_up_django  # noqa: E402

set_up_django()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from apps.core.triggers import grant_role  # noqa: E402
from apps.notices.models import Notice  # noqa: E402
from apps.notices.services import drafts, publication_rules  # noqa: E402
from apps.people.models import Role, Student  # noqa: E402
from bench import notice_push  # noqa: E402
from bench.harness import figure, median  # noqa: E402
from kaga_portal.embedded_roles import APP_ROLE  # noqa: E402
from tests import factories  # noqa: E402

N_NOTICES = 200
NOTICE = re.compile(rb'href="/notices/[0-9a-f-]{36}/"')
GOAL_MS = 50

PEOPLE = """
WITH made AS (
  INSERT INTO people_user (id, password, is_superuser, username, email, is_staff, is_active, date_joined)
  SELECT gen_random_uuid(), '!', false, gen_random_uuid()::text, '', false, true, now()
  FROM generate_series(1, %s) RETURNING id)
INSERT INTO people_student
  (id, municipality_id, school_id, user_id, source_id, master_id, local_code, family_name,
   given_name, family_kana, given_kana, grade, home_class_id)
SELECT gen_random_uuid(), %s, %s, id, id::text, gen_random_uuid(), '', '見本', '生徒', 'ミホン',
       'セイト', 'J1', %s FROM made
"""


class City:
    """A municipality of ``n`` students, an author, a second person's browser, one student."""

    def __init__(self, code, n):
        self.n, self.times, self.queries = n, [], []
        self.city = factories.municipality(code, f"見本市{n}(架空)")
        school = factories.school(self.city, code=f"C{code}000000")
        of_class = factories.school_class(school)
        with connection.cursor() as cursor:
            cursor.execute(PEOPLE, [n, self.city.pk, school.pk, of_class.pk])
        self.author = factories.staff_post(Role.CITY, of=self.city).user
        self.desk = signed_in(factories.staff_post(Role.CITY, of=self.city).user)
        self.reader = signed_in(Student.objects.filter(municipality=self.city).first().user)

    def waiting(self):
        draft = Notice.objects.create(
            municipality=self.city, title="｜題《だい》", body="**本文**", written_by=self.author
        )
        return drafts.submit_draft(draft, by=self.author)

    def publish(self):
        """One request, from the form to the commit; its effect is checked."""
        notice = self.waiting()
        url = reverse("admin:notices_notice_review", args=[notice.pk])
        form = {"verb": "publish", "seen": publication_rules.content_digest(notice)}
        began = time.perf_counter()
        answer = self.desk.post(url, form)
        self.times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 302 or Notice.objects.get(pk=notice.pk).state != "published":
            sys.exit(f"publishing to {self.n} was refused: {answer.status_code}, {answer.headers}")

    def count(self):
        """The statements of one publishing request."""
        notice = self.waiting()
        url = reverse("admin:notices_notice_review", args=[notice.pk])
        form = {"verb": "publish", "seen": publication_rules.content_digest(notice)}
        with CaptureQueriesContext(connection) as queries:
            self.desk.post(url, form)
        return len(queries)

    def inbox(self):
        """(statements of the inbox page at its second look, notices on it)."""
        self.reader.get(reverse("notices:inbox"))
        with CaptureQueriesContext(connection) as queries:
            page = self.reader.get(reverse("notices:inbox"))
        return len(queries), len(NOTICE.findall(page.content))


def signed_in(user):
    client = Client(HTTP_HOST="localhost")
    factories.force_sign_in(client, user)  # staff have used their second factor
    return client


def measure(options):
    """Rounds by turns over the three cities, then the figures."""
    sizes = (250, 6_000, 100_000 if options.quick else 1_000_000)
    cities = [City(f"99000{n}", size) for n, size in enumerate(sizes)]
    small, middle, large = cities
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    small.publish()
    few, n_few = small.inbox()
    small.times.clear()
    for number in range(options.rounds + 2):
        for city in cities if number % 2 else reversed(cities):
            city.publish()
    counts = [city.count() for city in cities]
    for _ in range(N_NOTICES - Notice.objects.filter(municipality=large.city).count()):
        large.publish()
    many, n_many = large.inbox()
    report(cities, options.rounds, counts, (few, n_few, many, n_many))
    notice_push.measure(middle, 1 if options.quick else 5, with_faults=not options.quick)


def report(cities, rounds, counts, inbox):
    """The three figures, and what stands behind them."""
    small, _, large = cities
    for city, n in zip(cities, counts, strict=True):
        timed = city.times[2 : rounds + 2]  # the first rounds warm up
        print(f"{city.n:>9,} students: {median(timed):6.1f} ms, {n} statements")
    few, n_few, many, n_many = inbox
    print(f"inbox: {few} statements for {n_few} notices, {many} for {n_many}")
    pairs = zip(small.times[2:], large.times[2 : rounds + 2], strict=True)
    figure("notice_publish_queries", counts[2], "statements",
           ratio=counts[0] / counts[2], to="250_students", goal=1.0)  # fmt: skip
    figure("notice_publish_ms", median(large.times[2 : rounds + 2]), "ms",
           ratio=median([a / b for a, b in pairs]), to="250_students", goal=0.8)  # fmt: skip
    figure("inbox_queries", many, "statements",
           ratio=few / many, to="one_notice_250_students", goal=1.0)  # fmt: skip
    if median(large.times[2 : rounds + 2]) > GOAL_MS:
        print(f"slower than {GOAL_MS} ms")


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100,000 students, ten rounds")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    options.rounds = options.rounds or (10 if options.quick else 40)
    return options


def main():
    options, name = _options(), connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    grant_role(connection, APP_ROLE)  # the worker's
    try:
        call_command("init_share_store", verbosity=0)  # without it no worker starts
        measure(options)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main()
