"""Putting a recovered database in the place of the embedded server's, which is put aside."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kaga_portal import old_data, secrets_file
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.data_folders import BASE_DIR
from kaga_portal.embedded import ServerError, ServerFolders

IN_USE = "The portal (or a command) uses {folder}. Stop it first: nothing was touched."
HOLDS_DATA = (
    "{folder} holds a database. Nothing was touched. With --put-aside it is renamed (never deleted) "
    "and the restored one takes its place."
)


class EmbeddedTarget:
    """The data folder of this checkout's embedded PostgreSQL."""

    def __init__(self) -> None:
        self.place = ServerFolders(os.environ.get("KAGA_INSTANCE", "portal"))
        self.draft = self.place.home / "restoring"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While nobody else uses the servers. Raises BackupProblem where somebody does."""
        try:
            self.place._make_folders()
        except ServerError as error:
            raise BackupProblem(str(error)) from error
        home = self.place.home
        with open(home / "start.lock", "w") as gate, open(home / "users.lock", "w") as users:
            try:
                fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BackupProblem(IN_USE.format(folder=home)) from None
            self.place.stop()  # of a killed portal
            yield

    def check(self, *, may_put_aside: bool) -> None:
        """Raises BackupProblem where a database is there and must not be put aside."""
        if self.holds_data() and not may_put_aside:
            raise BackupProblem(HOLDS_DATA.format(folder=self.place.pgdata))

    def holds_data(self) -> bool:
        """Whether there is a database."""
        return (self.place.pgdata / "PG_VERSION").exists()

    def take(self, data: Path) -> list[Path]:
        """Rename the data folders that are there, then the recovered one; the new names of the old."""
        when = time.strftime("%Y%m%d-%H%M%S")
        aside = []
        for folder in (self.place.pgdata, self.place.redis_data):  # its queue is of later rows
            if folder.exists() and any(folder.iterdir()):
                aside.append(folder.rename(folder.with_name(f"{folder.name}.{when}")))
        if self.place.pgdata.exists():
            self.place.pgdata.rmdir()
        data.rename(self.place.pgdata)
        secrets = secrets_file.load_secrets(BASE_DIR / "var" / "secrets.env")
        (self.place.home / "made-with").write_text(old_data.mark(secrets))
        return aside
