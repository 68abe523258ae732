"""The documented configuration of barman backs up a server and restores it to a moment."""

import getpass
import os
import re
import shutil
import time
import uuid

import psycopg
import pytest

from kaga_portal.backup import backup_folder, encryption, log_archive
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.source import find_source
from kaga_portal.embedded import SYSTEM_USER, ServerFolders
from tests.peers.barman import NAME, PAGE, Barman

pytestmark = pytest.mark.peer


@pytest.fixture
def place():
    place = ServerFolders(f"barman{uuid.uuid4().hex[:8]}")
    place.enter()
    yield place
    place.leave(os.getpid())
    shutil.rmtree(place.home, ignore_errors=True)


def documented_sql(name):
    (text,) = re.findall(rf"^ *```sql {name}\n(.*?)```", PAGE.read_text("utf-8"), re.M | re.S)
    return text


def assert_may_copy(url, role, monkeypatch):
    """``manage.py backup`` takes this role, and no role that may not copy the server."""
    monkeypatch.setenv("BACKUP_DATABASE_URL", url.replace("postgres@", f"{role}@"))
    assert find_source().major == 18
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE may_not LOGIN")
    monkeypatch.setenv("BACKUP_DATABASE_URL", url.replace("postgres@", "may_not@"))
    with pytest.raises(BackupProblem, match="ALTER ROLE may_not REPLICATION"):
        find_source()
    monkeypatch.setenv("BACKUP_DATABASE_URL", url.replace("postgres@", "nobody@"))
    with pytest.raises(BackupProblem, match="does not answer"):
        find_source()


def assert_log_is_received(url, folder, monkeypatch):
    """``manage.py archive_log`` keeps finished segments at once, and the unfinished one soon."""
    monkeypatch.setenv("BACKUP_DATABASE_URL", url)
    public, _ = encryption.new_identity()
    told, called = [], []
    source, root = find_source(), backup_folder.make_root(str(folder / "backups"))
    receiver = log_archive.LogReceiver(
        source, root, folder / "spool", encryption.read_recipients([public]), told.append
    )

    def is_stopped():
        if called and "n_switched" not in called:
            called.append("n_switched")
            with source.connect() as connection:
                connection.execute("SELECT pg_switch_wal()")
        return any(not line.endswith("partial is kept") for line in told)

    receiver.receive(is_stopped, lambda: called.append("every"))
    assert called[0] == "every"
    names = log_archive.LogFolder(root, source.identifier).names("0" * 24)
    assert len(names) >= 1
    assert find_source().is_log_kept
    with source.connect() as connection:
        connection.execute("SELECT pg_drop_replication_slot('kaga_portal_log')")
    assert not find_source().is_log_kept


def test_barman_restores_to_a_moment(place, tmp_path, monkeypatch):
    if getpass.getuser() != "root":
        pytest.skip("the server's user and barman's would be one: run as root")
    url = place.start_postgres()
    barman = Barman(tmp_path, place.sockets, place.programs)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE rows (n int)")
        connection.execute(documented_sql("role"))
        assert_may_copy(url, "kaga_backup", monkeypatch)
        assert_log_is_received(url, tmp_path, monkeypatch)
        connection.execute(documented_sql("barman"))
        barman.run("receive-wal", "--create-slot", NAME)
        receiver = barman.start("receive-wal", NAME)
        try:
            barman.run("switch-wal", "--force", "--archive", "--archive-timeout", "20", NAME)
            connection.execute("INSERT INTO rows VALUES (1)")
            barman.run("backup", "--wait", NAME)
            # the first of the two that are asked for
            failed = [line for line in barman.look("check").splitlines() if "FAILED" in line]
            assert [line.strip().partition(":")[0] for line in failed] == [
                "minimum redundancy requirements"
            ]
            connection.execute("INSERT INTO rows VALUES (2)")
            (moment,) = connection.execute("SELECT clock_timestamp()").fetchone()
            connection.execute("INSERT INTO rows VALUES (3)")
            barman.run("switch-wal", "--force", "--archive", "--archive-timeout", "20", NAME)
        finally:
            receiver.terminate()
            receiver.wait(10)
    restored = place.home / "restored"
    barman.run(
        "recover", "--target-time", moment.isoformat(sep=" "), "--target-action", "promote",
        NAME, "latest", restored,
    )  # fmt: skip
    assert rows_of(place, restored) == [1, 2]


def is_promoted(connection):
    """Whether the server stops replaying within ten seconds."""
    for _ in range(100):
        if not connection.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
            return True
        time.sleep(0.1)
    return False


def rows_of(place, data):
    """What a server on the recovered folder holds."""
    sockets = place.home / "again"
    sockets.mkdir(mode=0o700)
    for path in (sockets, data, *data.rglob("*")):
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)
    options = f"-c listen_addresses= -c unix_socket_directories={sockets}"
    place._pg("pg_ctl", "-D", data, "-w", "-l", place.home / "r.log", "-o", options, "start")
    try:
        with psycopg.connect(
            host=str(sockets), user="postgres", dbname="kaga_portal"
        ) as connection:
            return [n for (n,) in connection.execute("SELECT n FROM rows ORDER BY n")]
    finally:
        place._pg("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
