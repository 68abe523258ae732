"""The data of the last release are upgraded, and its web and worker go on meanwhile and after it.

Where this copy of the repository lacks the commit of the release (a shallow clone), its code does
not run beside; the data are upgraded all the same.
"""

import json
import os
import threading
import uuid
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest

from tests.faults import simulated_users as does
from tests.faults.conftest import broker, until  # noqa: F401 - a fixture
from tests.faults.response_counts import Tally
from tests.upgrades.old_release import OldRelease
from tests.upgrades.release_databases import code_of_release, new_database, run_step

pytestmark = pytest.mark.fault
TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)
NOT_ALWAYS = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger\\_%' AND tgenabled <> 'A'"
OF_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}
ANSWERS = {"mood": "3", "body": "1", "talk": "0"}
PURPOSE = "checkin_review"


@pytest.fixture
def database(tmp_path):
    name = f"kaga_upgraded_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with new_database(name, tmp_path) as made:
        yield made


def n_rows(database):
    """{table: how many rows}, without the tables that Django fills itself."""
    tables = {name for (name,) in database.rows(TABLES)} - OF_DJANGO
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in sorted(tables))  # noqa: S608
    return dict(database.rows(counts))


def test_the_last_release_is_upgraded_beside_its_running_code(database, tmp_path, broker):  # noqa: F811
    facts = database.restore()
    environment = database.environment(f"unix://{broker.socket}?db=0")
    code = tmp_path / "code"
    has_code = code_of_release(facts["commit"], code)
    before = n_rows(database)
    assert sum(count > 0 for count in before.values()) >= 40
    with OldRelease(code, environment) if has_code else nullcontext() as old:
        town = people_of(old, facts, environment, code) if old else None
        with checking_in(town) if town else nullcontext():
            new = run_step("new_release", environment | {"STUDENT": facts["student"]})
        if town:
            goes_on(town, database)
    after = n_rows(database)
    lost = {name: count for name, count in before.items() if after.get(name, 0) < count}
    assert lost in ({}, {"vault_subjectkey": before["vault_subjectkey"]})  # the withdrawal's
    assert database.rows(NOT_ALWAYS) == []
    assert new == {"unapplied": False, "ledger": [], "opened": [{"code": "LATE"}],
                   "triggers": [], "policies": 0}  # fmt: skip
    if not town:
        pytest.skip(
            f"the data were upgraded; the commit {facts['commit']} is not here to run beside"
        )


def people_of(old, facts, environment, code):
    """A student and her guardian, signed in at the old code, which is up."""
    asks = environment | {"USERS": json.dumps(facts["users"])}
    sessions = run_step("old_sessions", asks, code)
    old.wait()
    tally = Tally()
    row = SimpleNamespace(pk=uuid.UUID(facts["student"]))
    guardian = SimpleNamespace(user_id=uuid.UUID(facts["users"]["guardian"]))
    made = {
        who: does.Person(old.port, tally, sessions[who], sessions["cookie"], of)
        for who, of in (("student", row), ("guardian", guardian))
    }
    return SimpleNamespace(tally=tally, row=row, old=old, **made)


@contextmanager
def checking_in(town):
    """All the while the student checks in."""
    over = threading.Event()

    def go_on():
        while not over.is_set():
            does.check_in(town.student, ANSWERS)
            over.wait(0.5)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def goes_on(town, database):
    """On the tables of the new release the old code does what it did."""
    does.check_in(town.student, ANSWERS)
    does.ask_to_talk(town.student, "はなしたい")
    ((n_checkins,),) = database.rows("SELECT count(*) FROM checkins_checkin")
    assert n_checkins == 1 + len(town.tally.of("check-in")) > 2
    assert len(town.tally.of("request")) == 1
    steps = "SELECT count(*) FROM helpline_escalationstep WHERE state = 'done'"
    until(lambda: database.rows(steps)[0][0] >= 1)  # the worker
    assert does.withdraw(town.guardian, town.row, PURPOSE)
    assert does.form_of(town.student.get("/checkin/"), "client_key") == ({}, {})
    found = [town.tally.errors, town.tally.refused, town.tally.unanswered, town.tally.own_failures]
    assert [counter for counter in found if counter] == []
    assert "Traceback" not in town.old.log("web") + town.old.log("worker")
