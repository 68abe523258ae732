"""Behind PgBouncer in transaction mode everything works, and no connection keeps anything."""

import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.consent.models import Purpose
from apps.consent.services import decisions
from apps.core.clock import today
from apps.core.storage_aliases import SOURCES
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceKind, SyncRun
from apps.linkage.services import deletion, importer, sync_runs
from apps.people.models import Student
from kaga_portal.embedded_roles import APP_ROLE
from tests import factories
from tests.peers.pgbouncer import N_CONNECTIONS, running_pgbouncer
from tests.roster import zips
from tests.roster.import_rosters import take_in
from tests.storage_folders import folder_of, use_folder

pytestmark = [pytest.mark.peer, pytest.mark.django_db(transaction=True)]

STATE = """
SELECT pg_backend_pid(), current_setting('temp_buffers'), current_setting('work_mem'),
  (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
  (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
  (SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND pg_table_is_visible(oid))
"""
ADVISORY = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND d.datname = %s
"""


@pytest.fixture
def direct(transactional_db):
    """A session that does not go through the pooler."""
    facts = connection.get_connection_params()
    facts = {name: facts[name] for name in ("dbname", "user", "host", "port") if facts.get(name)}
    with psycopg.connect(**facts, autocommit=True) as session:
        yield session


@pytest.fixture
def pooled(direct):
    """Every connection of this process goes through the pooler; its port."""
    before = dict(connection.settings_dict)
    with running_pgbouncer() as port:
        connection.close()
        direct_only = ("prepare_threshold", "assume_role")
        options = {k: v for k, v in before["OPTIONS"].items() if k not in direct_only}
        connection.settings_dict.update(
            HOST="127.0.0.1", PORT=port, USER=APP_ROLE, OPTIONS=options,
            DISABLE_SERVER_SIDE_CURSORS=True,
        )  # fmt: skip
        open_connections()
        try:
            yield port
        finally:
            connection.close()
            connection.settings_dict.clear()
            connection.settings_dict.update(before)


def open_connections():
    """The pooler opens one where all are in use."""
    facts = connection.get_connection_params()
    facts = {name: facts[name] for name in ("dbname", "user", "host", "port")}
    with ExitStack() as used:
        for _ in range(N_CONNECTIONS):
            used.enter_context(psycopg.connect(**facts)).execute("SELECT 1")


@pytest.fixture
def source(cast, tmp_path, monkeypatch, settings):
    """A folder with a file of one student who agreed."""
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    monkeypatch.setenv("SOURCE_URL", f"file:{tmp_path}/in")
    use_folder(settings, SOURCES, tmp_path / "in")
    folder = tmp_path / "in" / cast.city.code / "towa"
    folder.mkdir(parents=True)
    put(1)
    return DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES, title="出欠",
        place="towa",
    )  # fmt: skip


def put(*days):
    folder = folder_of(SOURCES).glob("*/towa")
    lines = [f"1001,{today() - timedelta(days=day)},病欠" for day in days]
    text = "\n".join(["管理コード,日付,出欠区分", *lines, ""])
    (next(folder) / "attendance_daily.csv").write_text(text)


def states():
    """What the pooled connections keep: {server process: …}, asked in transactions of their own."""
    found = {}
    for _ in range(4 * N_CONNECTIONS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(STATE)
            pid, *state = cursor.fetchone()
        found[pid] = tuple(state)
    return found


def refusal(source):
    try:
        sync_runs.sync_source(source)
    except sync_runs.SourceBusy as error:
        return str(error)
    finally:
        connection.close()
    return "it ran"


def in_another_process(port, *statements):
    """Run the statements with the settings of a worker behind the pooler."""
    url, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    user = url.partition("://")[2].partition("@")[0]
    environment = {
        **os.environ, "DATABASE_URL": f"postgres://{user}@127.0.0.1:{port}/{name}",
        "DB_PREPARE": "0", "SOURCE_URL": f"file:{folder_of(SOURCES)}",
        "DJANGO_SETTINGS_MODULE": "kaga_portal.settings",
    }  # fmt: skip
    begin = [
        "import django", "django.setup()",
        "from apps.core.municipality_scope import everywhere",
        "scope = everywhere('linkage.sync_all')", "scope.__enter__()",
    ]  # fmt: skip
    script = "\n".join([*begin, *statements])
    subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=settings.BASE_DIR, check=True,
        timeout=60,
    )  # fmt: skip


def test_through_the_pooler_everything_works_and_no_connection_keeps_anything(
    pooled, cast, source, direct, sign_in, monkeypatch
):
    fresh = states()
    assert len(fresh) == N_CONNECTIONS  # they take turns
    assert {state[2:] for state in fresh.values()} == {(0, 0, 0, 0)}

    for _ in range(2):  # a roster, and the same again
        take_in(zips.good())
    assert Student.objects.filter(school__code="C117299990017").count() == 6

    write, refused = importer.Importer.write, []

    def asks_again(*args):
        with ThreadPoolExecutor(1) as other:
            refused.append(other.submit(refusal, source).result(timeout=20))
        return write(*args)

    monkeypatch.setattr(importer.Importer, "write", asks_again)
    assert sync_runs.sync_source(source).n_kept == 1
    assert refused == ["いま連携しています。終わるまでお待ちください。"]
    monkeypatch.setattr(importer.Importer, "write", write)
    for days in ((1, 2), (1, 2, 3), (1, 2, 3)):
        put(*days)
        assert sync_runs.sync_source(source).state == RunState.DONE
    put(1, 2, 3, 4)
    DataSource.objects.update(next_at=None)
    in_another_process(
        pooled,
        "from apps.linkage.services import sync_runs",
        "assert [run.n_kept for run in sync_runs.sync_all()] == [1]",
        "from apps.consent.services import ledger_verification",
        "from apps.vault.services.ring_store_list import stores",
        "assert [store.counts() for store in stores()]",
    )
    assert LinkedRecord.objects.count() == 4
    assert not SyncRun.objects.filter(state=RunState.RUNNING).exists()

    assert sign_in(cast.midori.user).get("/").status_code == 200
    decisions.withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=uuid.uuid4(),
    )  # fmt: skip
    assert not LinkedRecord.objects.readable().exists()
    assert deletion.delete_expired_records() == 4

    assert states() == fresh
    (held,) = direct.execute(ADVISORY, [connection.settings_dict["NAME"]]).fetchone()
    assert held == 0
