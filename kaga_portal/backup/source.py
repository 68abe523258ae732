"""The database server that is backed up: how it is reached, and whether this role may copy it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

from kaga_portal.backup.problems import BackupProblem
from kaga_portal.embedded import ServerError, ServerFolders

URLS = ("BACKUP_DATABASE_URL", "OWNER_DATABASE_URL", "DATABASE_URL")  # the first that is set
SLOT = "kaga_portal_log"  # what has not been received yet is kept for it
SERVER_STATE = """
SELECT (SELECT system_identifier FROM pg_control_system())::text,
  current_setting('server_version_num')::int / 10000,
  (SELECT sum(pg_database_size(oid))::bigint FROM pg_database WHERE datallowconn),
  (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user),
  current_user, pg_is_in_recovery(),
  EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = %s)
"""


@dataclass(frozen=True)
class DatabaseSource:
    """A server, and what it says of itself."""

    url: str
    identifier: str
    major: int
    n_bytes: int
    is_log_kept: bool
    programs: Path

    def arguments(self) -> list[str]:
        """How a program of PostgreSQL is told the server; the password is in ``environment``."""
        parameters: dict[str, Any] = conninfo.conninfo_to_dict(self.url)
        parameters.pop("password", None)
        parameters.pop("dbname", None)
        return ["--no-password", "-d", conninfo.make_conninfo(**parameters)]

    def environment(self) -> dict[str, str]:
        """The environment of a program of PostgreSQL."""
        password = conninfo.conninfo_to_dict(self.url).get("password")
        more = {"PGPASSWORD": str(password)} if password else {}
        return {**os.environ, "LC_ALL": "C.UTF-8", **more}

    def connect(self) -> psycopg.Connection:
        """A connection in autocommit. Raises psycopg.Error."""
        return psycopg.connect(self.url, autocommit=True, connect_timeout=10)


def find_source() -> DatabaseSource:
    """The server of the environment. Raises BackupProblem where it must not be copied."""
    name = next((name for name in URLS if os.environ.get(name)), "DATABASE_URL")
    url = os.environ.get(name, "")
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            row = connection.execute(SERVER_STATE, [SLOT]).fetchone()
    except psycopg.Error as error:
        raise BackupProblem(
            f"The database of {name} does not answer: {str(error).strip()}"
        ) from error
    assert row is not None
    identifier, major, n_bytes, may_copy, user, is_standby, is_log_kept = row
    if not may_copy:
        raise BackupProblem(
            f"The role {user} of {name} may not copy the server. As its administrator: "
            f"ALTER ROLE {user} REPLICATION; or set BACKUP_DATABASE_URL to a role that may (it needs "
            "a line “replication” in pg_hba.conf)."
        )
    if is_standby:
        raise BackupProblem(f"The database of {name} is a standby: name the primary.")
    return DatabaseSource(url, identifier, major, n_bytes, is_log_kept, find_programs())


def find_programs() -> Path:
    """The folder of the PostgreSQL programs. Raises BackupProblem."""
    try:
        return ServerFolders(os.environ.get("KAGA_INSTANCE", "portal")).programs
    except ServerError as error:
        raise BackupProblem(str(error)) from error
