"""SQL that the ORM cannot express, as files in ``apps/<app>/sql`` that a migration runs."""

from pathlib import Path

from django.db.migrations import RunSQL

APPS = Path(__file__).resolve().parent.parent


def sql_file(app: str, name: str) -> RunSQL:
    """The operation that runs ``apps/<app>/sql/<name>.sql``; raises OSError where there is none.

    A file that a migration runs is never edited: what changes later is a new file and migration.
    """
    text = (APPS / app / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return RunSQL(text, RunSQL.noop)
