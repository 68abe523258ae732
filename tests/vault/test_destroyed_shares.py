"""A destroyed share stands in no file of its PostgreSQL server: data, WAL, log (a real server)."""

import os
import re
import shutil
import subprocess
import time
import uuid

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command

from apps.vault import share_database
from apps.vault.services import share_store
from apps.vault.share_database import ShareDatabase
from apps.vault.shares import StoreUnavailable
from kaga_portal.embedded import ServerFolders

PAGE = settings.BASE_DIR / "docs" / "operations" / "key-shares.md"
LIKE_A_TEST = "-c log_min_duration_statement=0 -c shared_buffers=8MB -c fsync=off"


def block(name):
    """The lines of a block of the page."""
    (lines,) = re.findall(rf"^```{name}\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    return lines


@pytest.fixture(scope="module")
def server():
    place = ServerFolders(f"shares-{uuid.uuid4().hex[:6]}")
    place.enter()
    admin = place.start_postgres(LIKE_A_TEST)
    try:
        subprocess.run(
            [place.programs / "psql", "-v", "ON_ERROR_STOP=1", "-q", "-d", admin],
            input=block("sql setup"), text=True, check=True, capture_output=True,
            **place._identity(),
        )  # fmt: skip
        own = admin.replace("postgres@", "key_shares@").replace("/kaga_portal", "/key_shares")
        yield own, admin.replace("/kaga_portal", "/key_shares"), place
    finally:
        share_database.disconnect_all()
        place.leave(os.getpid())
        shutil.rmtree(place.home, ignore_errors=True)
        shutil.rmtree(place.sockets, ignore_errors=True)


def files_with(folder, share):
    """The files below the server's folder that hold the share, or its hexadecimal text."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if share in content or share.hex().encode() in content.lower():
                found.add(path.relative_to(folder).parts[0])
    return found


def test_the_bytes_of_a_destroyed_share_leave_the_servers_files(server):
    url, admin, place = server
    folder = place.pgdata
    store, key_id, other = ShareDatabase(url, None), uuid.uuid4(), uuid.uuid4()
    share, living = uuid.uuid4().bytes * 2, uuid.uuid4().bytes * 2
    store.write_marker(uuid.uuid4())
    store.put(key_id, share)
    store.put(other, living)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("ANALYZE")  # copies of values, were they allowed to be gathered
        connection.execute("CHECKPOINT")
    assert files_with(folder, share) == {"base", "pg_wal"}
    store.destroy(key_id)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("VACUUM key_share")
        connection.execute("CHECKPOINT")
    assert "pg_wal" in files_with(folder, share)  # a usual VACUUM is not enough
    store.purge_nightly()
    assert files_with(folder, share) == set()
    assert "base" in files_with(folder, living)
    assert store.get(other) == living
    assert store.setting_problems() == []


def test_a_restart_of_the_server_is_a_short_outage(server):
    url, _, place = server
    store, key_id = ShareDatabase(url, None), uuid.uuid4()
    store.write_marker(uuid.uuid4())
    store.put(key_id, b"s" * 32)
    assert store.get(key_id) == b"s" * 32
    place.stop()
    place.start_postgres(LIKE_A_TEST)
    assert store.get(key_id) == b"s" * 32  # on a new connection, unnoticed
    place.stop()
    began = time.monotonic()
    for _ in range(100):
        with pytest.raises(StoreUnavailable):
            store.get(key_id)
    assert time.monotonic() - began < 1
    place.start_postgres(LIKE_A_TEST)
    share_database._away_until.clear()  # two seconds later
    assert store.get(key_id) == b"s" * 32


def test_settings_and_rights_that_keep_destroyed_shares_are_named(server):
    url, admin, _ = server
    ShareDatabase(url, None).write_marker(uuid.uuid4())
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE somebody LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA public TO somebody")
        connection.execute("SELECT pg_create_physical_replication_slot('standby')")
        connection.execute("ALTER ROLE somebody SET log_parameter_max_length = -1")
        connection.execute("ALTER ROLE somebody SET wal_recycle = on")
    problems = ShareDatabase(url.replace("key_shares@", "somebody@"), None).setting_problems()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("SELECT pg_drop_replication_slot('standby')")
    named = ("log_parameter_max_length is '-1'", "wal_recycle is 'on'", "own key_share",
             "pg_switch_wal", "pg_checkpoint", "replication slots")  # fmt: skip
    assert len(problems) == len(named)
    for problem, words in zip(problems, named, strict=True):
        assert words in problem


def test_no_copy_is_kept_for_more_than_a_week(db, settings, tmp_path):
    settings.KEY_SHARES_URL = f"file:{tmp_path}/shares"
    key_id, share = uuid.uuid4(), uuid.uuid4().bytes * 2
    share_store.current_store().put(key_id, share)
    backups, (copy, find) = tmp_path / "backups", block("sh backup").splitlines()
    backups.mkdir()
    assert copy.startswith("python manage.py copy_share_store ")
    for days in range(10):
        path = backups / f"key-shares-{days}"
        call_command("copy_share_store", path, verbosity=0)
        then = time.time() - days * 24 * 3600 - 60
        os.utime(path, (then, then))
    subprocess.run(["bash", "-c", find], env={"SHARE_BACKUPS": str(backups)}, check=True)
    assert sorted(path.name[-1] for path in backups.iterdir()) == list("0123456")
