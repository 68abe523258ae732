# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Backup and restore of a million rows, against PostgreSQL's own copy and the restore of a dump.

``python bench/restore.py [--quick] [--rows N]``

A PostgreSQL of this run's own (a backup copies a whole server) is filled with linked rows that do
not compress. It is backed up, and copied by pg_basebackup alone (compressed alike, not encrypted)
and by pg_dump; more rows are written, the log is kept; then the backup is verified, unpacked,
compared and replayed to the end of the log, and the dump is restored into another database. What
was recovered is started and counted: a row too few ends the run. ``--quick``: a tenth of the rows,
the times multiplied by ten.
"""

import argparse
import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness import figure  # noqa: E402
from kaga_portal import embedded  # noqa: E402
from kaga_portal.backup import encryption  # noqa: E402

ROWS, GOAL_S, LATER = 1_000_000, 600, 0.05
INSTANCE = f"bench-restore{os.getpid()}"
FILL = """
INSERT INTO linkage_linkedrecord (id, municipality_id, student_id, purpose, key_id, sealed, source_id,
  kind, version_digest, received_at, kept_until)
SELECT gen_random_uuid(), k.municipality_id, k.student_id, k.purpose, k.id,
  uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    || uuid_send(gen_random_uuid()),
  %s, 'attendance_daily', uuid_send(gen_random_uuid()), now(), current_date + 30
FROM (SELECT * FROM vault_subjectkey LIMIT 1) k, generate_series(1, %s)
"""


def main():
    n_rows, scale = _options()
    os.environ["KAGA_INSTANCE"] = INSTANCE
    os.environ["DJANGO_SETTINGS_MODULE"] = "kaga_portal.settings"
    place = embedded.ServerFolders(INSTANCE)
    with tempfile.TemporaryDirectory(prefix="kaga-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server's own user goes in
        os.environ["KEY_SHARES_URL"] = f"file:{folder}/shares"
        os.environ["LEDGER_URL"] = f"file:{folder}/ledger"
        atexit.register(shutil.rmtree, place.home, ignore_errors=True)  # after the server stopped
        embedded.ensure(INSTANCE)
        sockets = str(place.sockets).replace("/", "%2F")  # as who may do everything there
        os.environ["DATABASE_URL"] = f"postgres://postgres@{sockets}/kaga_portal"
        os.environ["OWNER_DATABASE_URL"] = os.environ["DATABASE_URL"]
        _measure(place, folder, n_rows, scale)


def _options():
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wanted.add_argument("--quick", action="store_true", help="a tenth of the rows")
    wanted.add_argument("--rows", type=int, default=0)
    said = wanted.parse_args()
    n_rows = said.rows or (ROWS // 10 if said.quick else ROWS)
    return n_rows, ROWS / n_rows


def _measure(place, folder, n_rows, scale):
    _fill_first(n_rows)
    from kaga_portal.backup import backup_folder, backups
    from kaga_portal.backup.log_archive import LogReceiver
    from kaga_portal.backup.restores import Restore
    from kaga_portal.backup.source import find_source

    public, private = encryption.new_identity()
    (folder / "key").write_text(private)
    recipients, root = (
        encryption.read_recipients([public]),
        backup_folder.make_root(f"{folder}/backups"),
    )
    receiver = LogReceiver(find_source(), root, folder / "spool", recipients, _silent)
    receiver.receive_once()
    dump, url = folder / "dump", os.environ["DATABASE_URL"]
    _run(place, "psql", "-qc", "CHECKPOINT", "-d", url)  # neither copy pays for what is not written
    with _timed() as backup:
        backups.make_backup(root, recipients, _silent)
    with _timed() as plain:
        _run(place, "pg_basebackup", "-d", url.rpartition("/")[0] + "/", "-D", folder / "plain",
             "-F", "tar", "-X", "fetch", "-Z", "client-gzip:1", "--checkpoint", "fast")  # fmt: skip
    _run(place, "pg_dump", "-Fc", "-Z", "gzip:1", "-d", url, "-f", dump)
    later = int(n_rows * LATER)
    _insert(later)
    receiver.receive_once()
    with _timed() as restored:
        restore = Restore(str(root), None, folder / "key", _silent)
        restore.verify()
        data = restore.recover(place.home / "restored")
    _count(place, data, n_rows + later)
    _run(place, "createdb", f"--maintenance-db={url}", "again")
    with _timed() as undumped:
        _run(place, "pg_restore", "-d", url.rsplit("/", 1)[0] + "/again", dump)
    seconds = restored.s * scale
    figure("restore_million", seconds, "s", ratio=GOAL_S / seconds, to="600_s", goal=1.0)
    figure("restore_vs_pg_restore", seconds, "s", ratio=undumped.s / restored.s,
           to="pg_restore", goal=1.0)  # fmt: skip
    figure("backup_vs_pg_basebackup", backup.s * scale, "s", ratio=plain.s / backup.s,
           to="pg_basebackup_gzip", goal=0.8)  # fmt: skip


def _fill_first(n_rows):
    import django

    django.setup()
    from django.core.management import call_command

    from bench.consent_seed import make_students
    from tests import factories
    from tests.quick_migrations import quick_migrations

    with quick_migrations():
        call_command("migrate", verbosity=0)
    call_command("init_share_store", verbosity=0)
    (student,) = make_students(1, "計測")
    factories.make_effective(student, "attendance")
    _insert(n_rows)


def _insert(n_rows):
    from django.db import connection

    from apps.people.models import Student
    from bench.consent_seed import make_source

    with connection.cursor() as cursor:
        cursor.execute(FILL, [make_source(Student.objects.get()), n_rows])


def _count(place, data, expected):
    """Start the recovered database beside the other and count its rows."""
    sockets = place.sockets / "restored"
    sockets.mkdir(mode=0o700)
    if place.as_root:
        shutil.chown(sockets, embedded.SYSTEM_USER, embedded.SYSTEM_USER)
    options = f"-c listen_addresses= -c unix_socket_directories={sockets}"
    place._pg("pg_ctl", "-D", data, "-w", "-l", place.home / "restored.log", "-o", options, "start")
    try:
        counting = "SELECT count(*) FROM linkage_linkedrecord"
        found = place._pg(
            "psql", "-h", sockets, "-U", "postgres", "-tAqc", counting, "kaga_portal"
        ).stdout
    finally:
        place._pg("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    if int(found) != expected:
        sys.exit(f"{found.strip()} rows were restored, not {expected}")


def _run(place, program, *arguments):
    subprocess.run([place.programs / program, *map(str, arguments)], check=True)


def _silent(line):
    """No progress: it would stand between the figures."""


class _Timed:
    s = 0.0


@contextlib.contextmanager
def _timed():
    result, began = _Timed(), time.perf_counter()
    yield result
    result.s = time.perf_counter() - began


if __name__ == "__main__":
    main()
