"""The drill: load, back up, go on, withdraw, lose everything, restore to a moment, look."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.db import connection

from apps.ledger.signatures import unverified_json
from kaga_portal.backup import encryption
from kaga_portal.embedded import ServerFolders

pytestmark = [pytest.mark.fault, pytest.mark.django_db]
ROOT = Path(settings.BASE_DIR)
OF_THE_TESTS = {"DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "CACHE_URL"}


class RestoreDrill:
    """A portal of its own, and the folder of its backups."""

    def __init__(self, folder):
        self.instance = f"drill{uuid.uuid4().hex[:8]}"
        self.place = ServerFolders(self.instance)
        self.folder, self.backups = folder, folder / "backups"
        public, private = encryption.new_identity()
        self.key = folder / "backup.key"
        self.key.write_text(private)
        self.shares = folder / "shares"
        self.env = {k: v for k, v in os.environ.items() if k not in OF_THE_TESTS} | {
            "KAGA_INSTANCE": self.instance, "PORTAL_MODE": "demo",
            "KEY_SHARES_URL": f"file:{self.shares}", "LEDGER_URL": f"file:{folder}/ledger",
            "BACKUP_FOLDER": str(self.backups), "BACKUP_PUBLIC_KEYS": public,
        }  # fmt: skip

    def dump_of_the_tests(self):
        """A dump of the migrated database of this test, which holds nothing yet."""
        facts = connection.settings_dict
        owner = os.environ.get("OWNER_DATABASE_URL") or os.environ["DATABASE_URL"]
        user, host = urlsplit(owner).username, quote(facts["HOST"], safe="")
        url = f"postgres://{user}@{host}/{facts['NAME']}"
        path = self.folder / "migrated.dump"
        subprocess.run(
            [self.place.programs / "pg_dump", "-Fc", "-Z0", "-d", url, "-f", path,
             "--exclude-table-data=vault_sharestore"],
            check=True,
        )  # fmt: skip
        return path

    def step(self, name, **more):
        done = self.run([sys.executable, "-m", "tests.backup.drill_steps", name, self.folder], more)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def manage(self, *arguments):
        return self.run([sys.executable, "manage.py", *arguments], {})

    def run(self, command, more):
        return subprocess.run(
            [*map(str, command)], cwd=ROOT, env=self.env | more, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    def remove(self):
        for folder in (self.place.home, ROOT / "var" / f"log-spool-{self.instance}"):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def drill(tmp_path, db):
    drill = RestoreDrill(tmp_path)
    yield drill
    drill.remove()


def test_a_lost_portal_is_restored_to_a_moment_and_what_was_withdrawn_stays_unreadable(drill):
    seen = drill.step("before", DRILL_DUMP=str(drill.dump_of_the_tests()))
    (drill.folder / "before.json").write_text(json.dumps(seen))
    assert seen["counts"] != seen["later"]
    shutil.rmtree(drill.place.home)  # the host burns down; shares and checkpoints are elsewhere
    wanted = ["restore", drill.backups, "--identity", drill.key, "--at", seen["moment"]]
    done = drill.manage(*wanted, "--reason", "drill")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The ledger is whole." in done.stdout
    assert "1 sign-ins are ended" in done.stdout
    assert "1 keys that the restore brought back are gone again." in done.stdout

    found = drill.step("after")
    withdrawn, kept, after_the_backup, after_the_moment = seen["students"]
    # the key of who withdrew is gone again, the row is there and says nothing
    expected = seen["counts"] | {"vault_subjectkey": seen["counts"]["vault_subjectkey"] - 1}
    assert found["counts"] == expected
    assert found["opened"] == {
        withdrawn: [None], kept: [{"code": "LATE"}], after_the_backup: [{"code": "LATE"}],
        after_the_moment: None,
    }  # fmt: skip
    assert seen["sessions"] == [0, 1]
    assert found["sessions"] == [1000, 0]
    assert found["settings"] == ["log_min_duration_statement = '7s'"]
    assert found["key_ends"] == {"keys": ["replayed"], "certified": ["replayed"]}
    assert_nothing_readable_in(drill)


def assert_nothing_readable_in(drill):
    """No name, no address and no secret stands in any file of the backups as it lies there."""
    files = [path for path in drill.backups.rglob("*") if path.is_file()]
    assert {"".join(path.suffixes[-1:]) for path in files} == {".age", ".jws"}
    texts = [path.read_bytes() for path in files]
    texts += [
        json.dumps(unverified_json(text.decode())).encode() for text in texts if text[:3] == b"eyJ"
    ]
    assert sum(b'"format": "kaga-portal database backup 1"' in text for text in texts) == 1
    secrets = (ROOT / "var" / "secrets.env").read_text().splitlines()
    values = [line.partition("=")[2] for line in secrets if "KEY" in line.partition("=")[0]]
    found = [value for value in [*values, "drill1@example.com", "東和中学校"] for text in texts
             if value.encode() in text and not value.startswith("mailto")]  # fmt: skip
    assert found == []
