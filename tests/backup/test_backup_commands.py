"""What the commands of backup and restore do around the copy of a server."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from kaga_portal.backup import (
    backup_folder,
    backups,
    encryption,
    log_archive,
    manifests,
    portal_facts,
    recovery,
    restores,
    retention,
)
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.management.commands import backup as backup_command
from tests.consent.restored_database_helpers import folder, keys_of, linked

__all__ = ["folder", "linked"]
FIRST, NEXT, LATER = ("00000001000000000000000" + n for n in "235")
SERVER_LOG = f"""
LOG:  restored log file "{FIRST}" from archive
LOG:  last completed transaction was at log time 2026-11-30 02:05:00+00
"""


def printed(*arguments, **options):
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def keep_log(root, tmp_path, recipients, *segments):
    for segment in segments:
        (tmp_path / segment).write_text("log")
        log_archive.LogFolder(root, "7").add(tmp_path / segment, recipients)


def test_backups_says_up_to_when_each_can_be_restored(tmp_path, keys, made):
    root = made(first_segment=FIRST).parent
    made("20261130T030000Z", identifier="8")
    copy = root / "shares" / "20261130T030000Z"
    copy.mkdir()
    content = {"made_at": "this morning", "shares": 3, "parts": []}
    manifests.sign_manifest(copy / manifests.FILE_NAME, manifests.SHARES, content)
    keep_log(root, tmp_path, keys[0], FIRST, NEXT)
    with_log, without, n_backups, shares = printed("backups", root)
    kept = list(log_archive.LogFolder(root, "7").names(FIRST).values())[-1]
    newest = manifests.read_manifest(root / "log" / "7" / f"{kept}.jws", manifests.LOG)
    assert with_log.startswith("20261130T020000Z  ended 2026-11-30T02:10:00+00:00")
    assert with_log.endswith(
        f"2 log files: can be restored to any moment since, up to {newest['made_at']}"
    )
    assert without.endswith("0 log files: can be restored to its end")
    assert (n_backups, shares) == ("2 backups of the database", "3 key shares of this morning")
    (log,) = (root / "log" / "7").glob(f"{NEXT}*.jws")
    log.unlink()
    keep_log(root, tmp_path, keys[0], LATER)
    assert printed("backups", root)[0].endswith("up to the gap at 0000000000000003")


def test_checkpoints_are_put_back_where_there_are_none_and_never_set_back(
    tmp_path, keys, made, monkeypatch
):
    ledger, one = tmp_path / "ledger", made()
    monkeypatch.setattr(restores, "checkpoints_folder", lambda: ledger)
    told = []
    restore = restores.Restore(str(one), None, keys[1], told.append)
    restore.put_back_checkpoints()
    assert not ledger.exists()  # the backup has none
    old = tmp_path / "old"
    (old / "2026").mkdir(parents=True)
    (old / "2026" / "1.json").write_text("checkpoint")
    stream, path = portal_facts.TarStream(old), one / backup_folder.CHECKPOINTS_PART
    part = encryption.encrypt(stream, path, keys[0])
    restore.put_back_checkpoints()
    assert not list(ledger.iterdir())
    assert "names no part checkpoints.tar.gz.age. The database is restored." in told[-1]
    restore._manifest["parts"] += manifests.parts_as_json([part])
    restore.put_back_checkpoints()
    assert (ledger / "2026" / "1.json").read_text() == "checkpoint"
    (ledger / "2026" / "1.json").write_text("newer")
    restore.put_back_checkpoints()
    assert (ledger / "2026" / "1.json").read_text() == "newer"


def test_a_disk_that_is_too_small_is_named_before_anything_is_written(
    tmp_path, keys, made, monkeypatch
):
    usage = restores.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(restores.shutil, "disk_usage", lambda folder: usage._replace(free=1000))
    monkeypatch.setattr(restores, "find_programs", lambda: Path("/none"))
    new, root = tmp_path / "new" / "data", made().parent
    with pytest.raises(CommandError, match="has 0.0 GB free, the restore needs 0.0 GB"):
        call_command("restore", root, identity=str(keys[1]), into=str(new))
    assert not new.parent.exists()


def test_a_log_that_was_not_replayed_to_its_end_is_no_restore(tmp_path, monkeypatch):
    monkeypatch.setattr(recovery.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(recovery.Recovery, "_replay", lambda self, moment: SERVER_LOG)
    recovered = recovery.Recovery(Path("/none"), tmp_path / "new", lambda line: None)
    recovered.make_folders()
    settings = recovered.data / "postgresql.auto.conf"
    settings.write_text("work_mem = '8MB'\nrestore_command = 'false'\nPrimary_conninfo = 'x'\n")
    assert recovered.recover(None, FIRST) == "2026-11-30 02:05:00+00"
    assert settings.read_text() == "work_mem = '8MB'\n"
    assert recovered.recover(datetime(2026, 11, 30, 2, 5, tzinfo=UTC), NEXT)
    with pytest.raises(BackupProblem, match=f"{NEXT} was not read"):
        recovered.recover(None, NEXT)


def test_shares_that_one_command_copied_another_puts_back(linked, tmp_path, keys, monkeypatch):
    noted = []
    monkeypatch.setattr(backup_command, "note_backup", lambda: noted.append("backup"))
    root = tmp_path / "backups"
    options = {"public_key": [str(one) for one in keys[0]], "only_shares": True, "keep_days": 28}
    assert printed("backup", root, **options)[0].startswith("2 key shares and 0 ended keys are in")
    assert noted == []  # of the database there is none
    assert backup_folder.finished(root) == []
    (said,) = printed("restore_shares", root, f"file:{tmp_path}/again", identity=str(keys[1]))
    assert said.startswith("2 key shares were put back; 0 were left out")
    names = {path.name for path in (tmp_path / "again").glob("??/*")}
    kept = [*keys_of(linked.sakura), *keys_of(linked.ren)]
    assert names == {str(key.pk) for key in kept}


def test_a_new_pair_of_keys_opens_what_it_encrypted(tmp_path):
    setting, sentence = printed("backup_key", tmp_path / "key")
    assert str(tmp_path / "key") in sentence
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    recipients = encryption.read_recipients([setting.partition("=")[2]])
    facts = portal_facts.as_stream({"rows": 1})
    encryption.encrypt(facts, tmp_path / "part", recipients)
    with encryption.decrypted(
        tmp_path / "part", encryption.read_identities(tmp_path / "key")
    ) as it:
        assert json.load(it) == {"rows": 1}


def test_what_cannot_be_written_or_removed_is_a_sentence(tmp_path, keys, made, monkeypatch):
    old = [made(f"202610{day}T020000Z") for day in ("01", "02", "03")]
    root = old[0].parent
    monkeypatch.setattr(retention, "remove_folder", lambda folder: None)
    with pytest.raises(BackupProblem, match="cannot be removed: 20261001T020000Z"):
        retention.remove_old_backups(root, 28, datetime(2026, 11, 30, tzinfo=UTC))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "make_share_copy", full)
    monkeypatch.setattr(settings, "BACKUP_PUBLIC_KEYS", [str(one) for one in keys[0]])
    with pytest.raises(CommandError, match="cannot be written: .*No space left"):
        call_command("backup", root, only_shares=True)
