"""What happens in a portal of its own before and after the drill's disaster; a process each.

``python -m tests.backup.drill_steps before|after FOLDER`` prints what it saw as its last line (JSON).
"""

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psycopg

from kaga_portal import embedded
from kaga_portal.embedded_roles import OWNER_ROLE, SUPERUSER


def start():
    embedded.ensure()
    if dump := os.environ.get("DRILL_DUMP"):  # quicker than all migrations
        programs = embedded.ServerFolders(os.environ["KAGA_INSTANCE"]).programs
        url = os.environ["OWNER_DATABASE_URL"]
        subprocess.run(
            [programs / "pg_restore", "--no-owner", "--exit-on-error", "-d", url, dump], check=True
        )
    import django  # noqa: PLC0415 - the servers are there now

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
    django.setup()


def before(folder):
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from tests.backup import drill_families as families  # noqa: PLC0415

    call_command("init_share_store", verbosity=0)
    first, second = families.make_family("一"), families.make_family("二")
    for family in (first, second):
        families.agree_and_store(family)
    families.sign_in(first)
    families.seal_history()
    call_command("archive_log", once=True)
    change_settings()
    call_command("backup")
    third = families.make_family("三")
    families.agree_and_store(third)
    families.seal_history()
    counts = families.count_rows()
    time.sleep(0.01)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    time.sleep(0.01)
    fourth = families.make_family("四")
    families.agree_and_store(fourth)
    families.withdraw(first)
    families.seal_history()
    call_command("archive_log", once=True)
    return {
        "moment": moment.isoformat(), "counts": counts, "later": families.count_rows(),
        "sessions": families.count_sessions(),
        "students": [str(family.pk) for family in (first, second, third, fourth)],
    }  # fmt: skip


def change_settings():
    """As an administrator does, and as a tool leaves it that has restored this server before."""
    url = os.environ["OWNER_DATABASE_URL"].replace(f"//{OWNER_ROLE}@", f"//{SUPERUSER}@")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("ALTER SYSTEM SET restore_command = '/bin/false'")
        server.execute("ALTER SYSTEM SET log_min_duration_statement = '7s'")


def changed_settings():
    place = embedded.ServerFolders(os.environ["KAGA_INSTANCE"])
    lines = (place.pgdata / "postgresql.auto.conf").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def after(folder):
    from tests.backup import drill_families as families  # noqa: PLC0415

    state = json.loads((folder / "before.json").read_text())
    return {
        "counts": families.count_rows(),
        "opened": {pk: families.what_opens(uuid.UUID(pk)) for pk in state["students"]},
        "settings": changed_settings(),
        "sessions": families.count_sessions(),
        "key_ends": families.ends_of(uuid.UUID(state["students"][0])),
    }


if __name__ == "__main__":
    step, place = sys.argv[1], Path(sys.argv[2])
    start()
    from apps.core.municipality_scope import everywhere

    with everywhere("after_restore"):
        seen = {"before": before, "after": after}[step](place)
    print(json.dumps(seen))  # noqa: T201
