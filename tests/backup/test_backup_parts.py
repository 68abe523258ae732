"""Parts, manifests and copies of shares: what is altered, cut or somebody else's is refused."""

import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
from django.core.management import CommandError, call_command
from jwt.utils import base64url_encode

from apps.vault.erasure_list import Erasure
from apps.vault.services.share_store import current_store
from kaga_portal import embedded
from kaga_portal.backup import (
    backup_folder,
    embedded_target,
    encryption,
    log_archive,
    manifests,
    portal_facts,
    recovery,
    restores,
    retention,
    share_copy,
)
from kaga_portal.backup.problems import BackupProblem
from tests.consent.restored_database_helpers import folder, keys_of, linked

__all__ = ["folder", "linked"]
NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)


def refusal(*arguments, **options):
    with pytest.raises(CommandError) as error:
        call_command(*arguments, **options)
    return str(error.value)


def test_a_part_opens_with_its_key_only_and_only_whole(tmp_path, keys):
    recipients, path = keys
    text = b"".join(uuid.uuid4().bytes for _ in range(60_000))
    part = encryption.encrypt(io.BytesIO(text), tmp_path / "part.gz.age", recipients)
    assert part.sha256 == encryption.sha256_of(tmp_path / "part.gz.age")
    with encryption.decrypted(tmp_path / "part.gz.age", encryption.read_identities(path)) as plain:
        assert plain.read() == text
    with encryption.decrypted(tmp_path / "part.gz.age", encryption.read_identities(path)) as plain:
        assert plain.read(10) == text[:10]  # whoever needs no more is given no error
    whole = (tmp_path / "part.gz.age").read_bytes()
    damaged = {
        "cut": whole[:-20], "cut to half": whole[: len(whole) // 2],
        "changed": whole[:-90] + bytes([whole[-90] ^ 1]) + whole[-89:], "empty": b"", "something else": b"hello" * 99,
    }  # fmt: skip
    for name, data in damaged.items():
        (tmp_path / name).write_bytes(data)
        with (
            pytest.raises(BackupProblem, match="cut or changed"),
            encryption.decrypted(tmp_path / name, encryption.read_identities(path)) as plain,
        ):
            plain.read()
    # whoever knows the public key alone puts another file in its place after it was verified
    encryption.encrypt(io.BytesIO(b"other"), tmp_path / "swapped", recipients)
    with (
        pytest.raises(BackupProblem, match="changed while it was being read"),
        encryption.decrypted(tmp_path / "swapped", encryption.read_identities(path), part) as plain,
    ):
        plain.read()
    other = pyrage.x25519.Identity.generate()
    with (
        pytest.raises(BackupProblem, match="encrypted to another one"),
        encryption.decrypted(tmp_path / "part.gz.age", [other]) as plain,
    ):
        plain.read()
    with pytest.raises(BackupProblem, match="cannot be written"):
        encryption.encrypt(io.BytesIO(b""), tmp_path / "part.gz.age", recipients)


def test_what_is_typed_wrong_gets_its_sentence(tmp_path, keys, made, settings):
    settings.BACKUP_FOLDER, settings.BACKUP_PUBLIC_KEYS = "", []
    assert "set BACKUP_FOLDER" in refusal("backup", "")
    assert "no public key to encrypt to" in refusal("backup", tmp_path / "new")
    assert "is no public key" in refusal("backup", tmp_path / "new", public_key=["age1xyz"])
    assert not (tmp_path / "new").exists()
    file = tmp_path / "file"
    file.write_text("AGE-SECRET-KEY-1NOTAKEY")
    root = made().parent
    public = [str(one) for one in keys[0]]
    assert "cannot be written" in refusal("backup", file / "folder", public_key=public)
    assert "is there already" in refusal("backup_key", file)
    assert "is no folder" in refusal("backups", tmp_path / "nowhere")
    restore = {"identity": str(keys[1])}
    assert "is no moment" in refusal("restore", root, at="yesterday", **restore)
    assert "has no time zone" in refusal("restore", root, at="2026-11-30T12:00:00", **restore)
    assert "in the future" in refusal("restore", root, at="2199-01-01T00:00:00+09:00", **restore)
    early = refusal("restore", root, at="2026-11-30T11:09:59+09:00", **restore)
    assert "No backup had ended by then" in early
    assert "no whole private key" in refusal("restore", root, identity=str(file))
    assert "cannot be read" in refusal("restore", root, identity=str(tmp_path / "gone"))
    assert "no finished backup" in refusal("restore", tmp_path, **restore)
    assert "not ours to stop" in refusal("restore", root, **restore)
    assert "is there already" in refusal("restore", root, into=str(tmp_path), **restore)


def test_a_folder_closed_to_postgresql_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(recovery.os, "geteuid", lambda: 0)
    monkeypatch.setattr(recovery, "SYSTEM_USER", "nobody")
    (tmp_path / "closed").mkdir(mode=0o700)
    started = recovery.Recovery(Path("/none"), tmp_path / "closed" / "new", lambda line: None)
    with pytest.raises(BackupProblem, match="is closed to the user nobody"):
        started.make_folders()
    assert not list((tmp_path / "closed").iterdir())


def test_a_backup_that_is_not_as_it_was_signed_is_refused_before_anything(tmp_path, keys, made):
    def verify(folder):
        restores.Restore(str(folder), None, keys[1], lambda line: None).verify()

    verify(made("20261129T020000Z"))
    part = made("20261129T030000Z") / backup_folder.DATABASE_PART
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(BackupProblem, match="cut or changed"):
        verify(part.parent)
    part.unlink()
    with pytest.raises(BackupProblem, match="cannot be read"):
        verify(part.parent)
    manifest = made("20261129T040000Z") / manifests.FILE_NAME
    head, _, signature = manifest.read_text().split(".")
    said = json.dumps({"format": manifests.DATABASE, "made_at": "today"}).encode()
    manifest.write_text(f"{head}.{base64url_encode(said).decode()}.{signature}")
    with pytest.raises(BackupProblem, match="No key of SIGNING_KEYS signed .* made at today"):
        verify(manifest.parent)
    manifests.sign_manifest(manifest, manifests.SHARES, {"parts": []})
    with pytest.raises(BackupProblem, match="signed, but it is no"):
        verify(manifest.parent)
    with pytest.raises(BackupProblem, match="database layout 2020-01-01"):
        verify(made("20261129T050000Z", layout="2020-01-01"))
    with pytest.raises(BackupProblem, match="of PostgreSQL 17"):
        verify(made("20261129T060000Z", postgresql=17))
    with pytest.raises(BackupProblem, match="manifest.jws is missing"):
        verify(tmp_path / "backups" / "20261129T070000Z")


def test_the_settings_of_a_backup_hold_no_secret(db, settings):
    text = portal_facts.as_stream(portal_facts.portal_facts()).read().decode()
    secrets = [
        settings.SECRET_KEY,
        settings.VAPID_PRIVATE_KEY,
        settings.DATABASE_URL,
        settings.REDIS_URL,
    ]
    for ring in (settings.VAULT_KEYS, settings.SIGNING_KEYS):
        secrets += [one.partition(":")[2] for one in ring.split(",")]
    assert [value for value in secrets if value and value in text] == []
    assert json.loads(text)["key_ids"]["VAULT_KEYS"] == portal_facts.ring_ids(settings.VAULT_KEYS)
    words = (
        "SECRET",
        "PASSWORD",
        "DATABASE_URL",
        "REDIS",
        "CACHE_URL",
        "EMAIL_URL",
        "PRIVATE_KEY",
        "CERTIFICATE_KEY",
    )
    assert [name for name in portal_facts.SETTINGS if any(word in name for word in words)] == []


def test_a_copy_of_shares_put_back_brings_no_ended_key_back(linked, tmp_path, keys, settings):
    recipients, path = keys
    identities = encryption.read_identities(path)
    root = backup_folder.make_root(str(tmp_path / "backups"))
    gone, kept = keys_of(linked.sakura).get().pk, keys_of(linked.ren).get().pk
    share_copy.copy_shares(root, recipients, NOW, lambda line: None)
    share_copy.copy_erasures(root, recipients, NOW)

    share_copy.put_back(root, f"file:{tmp_path}/before", identities, {})
    current_store().append_erased([Erasure(gone, linked.sakura.pk, "attendance", NOW)])
    share_copy.put_back(root, f"file:{tmp_path}/stale", identities, {})
    share_copy.copy_erasures(root, recipients, NOW + timedelta(minutes=1))
    counts = share_copy.put_back(root, f"file:{tmp_path}/after", identities, {})
    assert counts == (1, 1, 1)
    live = share_copy.ended_in_use(settings.KEY_SHARES_URL)
    assert share_copy.put_back(root, f"file:{tmp_path}/live", identities, live) == counts

    for name, there in (("before", {gone, kept}), ("stale", {gone, kept}), ("after", {kept})):
        settings.KEY_SHARES_URL = f"file:{tmp_path}/{name}"
        assert set(current_store().key_ids()) == there, name
    assert [one.key_id for one in current_store().erased_keys()] == [gone]
    for url, sentence in (
        ("nonsense", "No store of key shares"),
        ("file:/dev/null/x", "not answer"),
    ):
        with pytest.raises(BackupProblem, match=sentence):
            share_copy.put_back(root, url, identities, {})
    with pytest.raises(BackupProblem, match="is not empty"):
        share_copy.put_back(root, f"file:{tmp_path}/after", identities, {})


def test_copies_of_shares_go_after_seven_days_and_backups_when_told(tmp_path, made, keys):
    root = made("20261001T020000Z", first_segment="000000010000000000000002").parent
    for day in ("20261101", "20261102", "20261103"):
        made(f"{day}T020000Z", first_segment="000000010000000000000005")
    log = root / "log" / "7"
    log.mkdir()
    for number in (2, 4, 5, 6):
        (log / f"00000001000000000000000{number}.20261101T000000.jws").touch()
    (log / "00000002.history.20261101T000000.jws").touch()
    for name in ("20261122T025959Z", "20261123T030000Z"):
        (root / "shares" / name).mkdir()
    assert share_copy.remove_old_copies(root, NOW) == ["20261122T025959Z"]
    assert retention.remove_old_backups(root, 28, NOW) == ["20261001T020000Z", "20261101T020000Z"]
    assert len(backup_folder.finished(root)) == 2
    assert sorted(path.name[:24] for path in log.iterdir()) == [
        "000000010000000000000005", "000000010000000000000006", "00000002.history.20261101"[:24],
    ]  # fmt: skip
    for name in (".unfinished-20261129T025959Z", ".unfinished-20261129T030001Z"):
        (root / name).mkdir()
    retention.remove_stale_drafts(root, NOW)
    assert [path.name for path in root.glob(".*")] == [".unfinished-20261129T030001Z"]
    with pytest.raises(BackupProblem, match="1 or more"):
        retention.remove_old_backups(root, 0, NOW)


def test_the_log_takes_whole_segments_before_unfinished_ones_and_names_gaps(tmp_path, keys):
    recipients, path = keys
    root = backup_folder.make_root(str(tmp_path / "backups"))
    log = log_archive.LogFolder(root, "7")
    one, two = "0000000100000000000000FE", "0000000100000000000000FF"
    for name, text in ((f"{one}.partial", "early"), (f"{one}.partial", "later"), (one, "whole"),
                       (f"{two}.partial", "rest"), ("00000002.history", "h")):  # fmt: skip
        (tmp_path / name).write_text(text)
        log.add(tmp_path / name, recipients)
    names = log.names("0000000100000000000000FE")
    assert sorted(names) == [one, two, "00000002.history"]
    assert len(list(log.folder.iterdir())) == 6  # what was replaced is gone
    identities = encryption.read_identities(path)
    for name, kept in names.items():
        log.open_into(tmp_path, name, kept, identities)
    assert (tmp_path / one).read_text() == "whole"
    assert (tmp_path / two).read_text() == "rest"
    kept = names[one]
    for suffix in (".jws", ".gz.age"):  # one file under another's name
        other = log.folder / f"{kept.replace(one, two)}{suffix}"
        other.write_bytes((log.folder / f"{kept}{suffix}").read_bytes())
    with pytest.raises(BackupProblem, match="signed for another file"):
        log.open_into(tmp_path, two, kept.replace(one, two), identities)

    def gap(*segments):
        return log_archive.find_gap(dict.fromkeys(segments, ""), one)

    over = "000000010000000100000000"
    assert gap() is None
    assert gap(one, two, over, "00000002.history") is None
    assert gap(two, over) is None  # the first is in the backup, too
    assert gap(one, over) == "00000000000000FF"


def test_data_that_is_there_is_put_aside_only_when_told(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "SYSTEM_HOME", tmp_path)
    monkeypatch.setattr(embedded, "BASE_DIR", tmp_path)
    monkeypatch.setattr(embedded_target, "BASE_DIR", tmp_path)
    monkeypatch.setenv("KAGA_INSTANCE", f"t{uuid.uuid4().hex[:8]}")
    target = embedded_target.EmbeddedTarget()
    with target.alone():
        target.check(may_put_aside=False)
        with pytest.raises(BackupProblem, match="Stop it first"), target.alone():
            pass
        (target.place.pgdata / "PG_VERSION").write_text("18")
        with pytest.raises(BackupProblem, match="--put-aside"):
            target.check(may_put_aside=False)
        target.check(may_put_aside=True)
        new = target.place.home / "restoring" / "data"
        new.mkdir(parents=True)
        (new / "restored").touch()
        (aside,) = target.take(new)
    assert (aside / "PG_VERSION").read_text() == "18"
    assert (target.place.pgdata / "restored").exists()
    assert embedded_target.old_data.LAYOUT in (target.place.home / "made-with").read_text()


def test_a_copy_of_shares_that_cannot_be_removed_is_told(tmp_path, monkeypatch):
    old = tmp_path / "shares" / "20261101T020000Z"
    old.mkdir(parents=True)
    monkeypatch.setattr(share_copy, "remove_folder", lambda folder: None)
    with pytest.raises(BackupProblem, match="cannot be removed: 20261101T020000Z"):
        share_copy.remove_old_copies(tmp_path, NOW)


def test_the_log_must_be_replayed_up_to_the_first_gap():
    one, two, four = ("00000001000000000000000" + n for n in "124")
    names = dict.fromkeys([one, two, four, "00000002.history"], "")
    assert log_archive.last_before_gap(names, None) == four
    assert log_archive.last_before_gap(names, log_archive.find_gap(names, one)) == two
    assert log_archive.last_before_gap({}, None) is None
