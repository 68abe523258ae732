"""The share store in a second database does what the folder does, and waits for a lost server."""

import time
import uuid
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.consent.models import Purpose
from apps.consent.services import decisions, scheduled_work
from apps.helpline.models import WantedRole
from apps.helpline.services import help_requests
from apps.vault import share_database as share_database_module
from apps.vault.damage import DAMAGED, UNAVAILABLE
from apps.vault.erasure_list import Erasure
from apps.vault.models import DamageReport, DestroyedKey, ShareStore, SubjectKey
from apps.vault.services import key_ends, rotation, share_store
from apps.vault.services.sealed_content import open_own
from apps.vault.share_database import ShareDatabase
from apps.vault.share_folder import ShareFolder
from apps.vault.share_urls import BadStoreUrl, store_at
from apps.vault.shares import ShareDamaged, ShareMissing, StoreProblem, StoreUnavailable
from tests import factories, share_stores
from tests.vault import share_databases
from tests.vault.sealing_helpers import write

ATTENDANCE = Purpose.ATTENDANCE
NOBODY = "postgres://nobody@127.0.0.1:9/none"


def sql(url, statement, values=None):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement, values)


def erasure():
    return Erasure(uuid.uuid4(), uuid.uuid4(), "attendance", timezone.now())


@pytest.mark.parametrize("kind", ["folder", "database"])
def test_both_stores_keep_give_and_destroy_alike(kind, tmp_path, share_database):
    url = share_database if kind == "database" else f"file:{tmp_path}/shares"
    store = store_at(url, share_stores.STORE_ID)
    if kind == "folder":
        assert store.is_empty()
        assert store.read_marker() is None
        store.write_marker(share_stores.STORE_ID)
    one, two, three = sorted(uuid.uuid4() for _ in range(3))
    store.put(one, b"1" * 32)
    store.put(two, b"2" * 32)
    with pytest.raises(FileExistsError):
        store.put(one, b"3" * 32)
    assert (store.get(one), store.has(one), store.has(three)) == (b"1" * 32, True, False)
    found = store.get_many([one, two, three])
    assert (found[one], found[two], type(found[three])) == (b"1" * 32, b"2" * 32, ShareMissing)
    with pytest.raises(ShareMissing):
        store.get(three)
    assert store.count_held([one, two, three]) == 2
    assert set(store.key_ids()) == {one, two}
    assert {key for part in range(5) for key in store.key_ids(part, 5)} == {one, two}
    assert not store.is_empty()
    ended = [erasure(), erasure()]
    store.append_erased(ended[:1])
    store.append_erased([])
    store.append_erased(ended[1:])
    assert list(store.erased_keys()) == ended
    assert (store.destroy(one), store.destroy(one), store.destroy_many([one, two])) == (
        True, False, 1,
    )  # fmt: skip
    store.purge_destroyed()
    store.purge_nightly()
    assert store.is_empty()
    store.check_writable()
    stranger = store_at(url, uuid.uuid4())
    for act in (
        lambda: stranger.put(three, b"3" * 32),
        lambda: stranger.get(three),
        lambda: stranger.append_erased(ended),
        stranger.check_writable,
        lambda: list(stranger.erased_keys()),
    ):
        with pytest.raises(StoreUnavailable) as away:
            act()
        assert away.value.why == StoreProblem.OTHER_STORE
    assert isinstance(stranger.get_many([three])[three], StoreUnavailable)


def test_a_changed_share_in_the_database_is_damage(share_database):
    store, key_id = ShareDatabase(share_database, share_stores.STORE_ID), uuid.uuid4()
    store.put(key_id, b"s" * 32)
    sql(share_database, "UPDATE key_share SET share = set_byte(share, 3, 0)")
    with pytest.raises(ShareDamaged):
        store.get(key_id)
    assert isinstance(store.get_many([key_id])[key_id], ShareDamaged)


def test_the_list_of_ended_keys_only_grows(share_database):
    ShareDatabase(share_database, share_stores.STORE_ID).append_erased([erasure()])
    for statement in (
        "DELETE FROM ended_key",
        "UPDATE ended_key SET purpose = ''",
        "TRUNCATE ended_key",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="only grows"):
            sql(share_database, statement)


@pytest.mark.django_db(transaction=True)
def test_consent_and_withdrawal_with_the_shares_in_a_database(cast, share_database):
    """Keys are made, opened, withdrawn, listed and swept; what a power cut brought back goes too."""
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    store = share_store.current_store()
    share = store.get(row.key_id)
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]
    assert list(rotation.environment_problems()) == []
    decisions.withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    assert not store.has(row.key_id)
    assert [each.key_id for each in share_store.list_of_ended_keys()] == [row.key_id]
    assert DestroyedKey.objects.get().listed_at is not None
    store.put(row.key_id, share)
    assert key_ends.sweep_shares() == 1
    assert store.is_empty()


def test_a_lost_connection_is_made_anew_within_a_read(cast, share_database):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    sql(
        share_database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]


def test_while_the_server_is_away_nothing_is_concluded_and_nobody_waits_twice(
    cast, share_database, settings
):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    settings.KEY_SHARES_URL = NOBODY
    began = time.monotonic()
    for _ in range(50):
        assert open_own([row], student=cast.sakura) == [UNAVAILABLE]
    assert time.monotonic() - began < share_database_module.CONNECT_TIMEOUT_S
    assert share_store.store_problem() == StoreProblem.UNREADABLE
    assert list(rotation.environment_problems()) == []  # the start does not refuse
    factories.make_effective(cast.ren, ATTENDANCE)
    assert not SubjectKey.objects.filter(student=cast.ren).exists()
    settings.KEY_SHARES_URL = share_database
    assert scheduled_work.reconcile_all() == 1
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]


def test_a_statement_that_takes_too_long_is_an_outage(share_database, monkeypatch):
    store = ShareDatabase(share_database, share_stores.STORE_ID)
    monkeypatch.setattr(
        share_database_module, "_connect",
        lambda url: psycopg.connect(url, autocommit=True, options="-c statement_timeout=100"),
    )  # fmt: skip
    share_database_module.disconnect_all()
    with psycopg.connect(share_database) as holder:
        holder.execute("LOCK TABLE key_share IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreUnavailable):
            store.get(uuid.uuid4())
    with pytest.raises(ShareMissing):
        store.get(uuid.uuid4())


def test_a_read_only_database_opens_and_makes_no_key(share_database):
    store, key_id = ShareDatabase(share_database, share_stores.STORE_ID), uuid.uuid4()
    store.put(key_id, b"s" * 32)
    name = share_databases.NAME
    sql(share_database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        share_database_module.disconnect_all()
        assert store.get(key_id) == b"s" * 32
        for act in (store.check_writable, lambda: store.put(uuid.uuid4(), b"s" * 32)):
            with pytest.raises(StoreUnavailable) as away:
                act()
            assert away.value.why == StoreProblem.READ_ONLY
    finally:
        sql(
            share_databases.url_of("postgres"),
            f"ALTER DATABASE {name} RESET default_transaction_read_only",
        )


# -- making a store, and moving it ---------------------------------------------------------------


def test_a_database_is_made_the_store_once_and_another_portals_is_refused(
    db, share_database, capsys
):
    ShareStore.objects.all().delete()
    share_databases.begin_anew(share_database, is_store=False)
    call_command("init_share_store")
    assert "wal_recycle is 'on'" in capsys.readouterr().err
    store_id = ShareStore.objects.get().store_id
    call_command("init_share_store")
    assert ShareStore.objects.get().store_id == store_id
    assert share_store.store_problem() is None
    ShareStore.objects.update(store_id=uuid.uuid4())
    with pytest.raises(CommandError, match="another database"):
        call_command("init_share_store")
    assert share_store.store_problem() == StoreProblem.OTHER_STORE


@pytest.mark.django_db(transaction=True)
def test_a_store_is_moved_from_a_folder_to_a_database_and_back(
    cast, share_database, settings, tmp_path
):
    settings.KEY_SHARES_URL = f"file:{tmp_path}/shares"
    factories.make_effective(cast.sakura, ATTENDANCE)
    factories.make_effective(cast.ren, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    decisions.withdraw(
        student=cast.ren, actor=cast.ren.guardianships.first().guardian.user, purpose=ATTENDANCE,
        form_key=uuid.uuid4(),
    )  # fmt: skip
    ended = list(share_store.list_of_ended_keys())
    share_databases.begin_anew(share_database, is_store=False)
    for n, url in enumerate([share_database, f"file:{tmp_path}/again"]):
        copy = tmp_path / f"copy-{n}"
        call_command("copy_share_store", copy, verbosity=0)
        assert copy.stat().st_mode & 0o777 == 0o600
        settings.KEY_SHARES_URL = url
        if n:  # a folder that a test names is made the store
            Path(f"{tmp_path}/again/share-store").unlink()
        call_command("init_share_store", load=copy, verbosity=0)
        assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]
        assert list(share_store.list_of_ended_keys()) == ended
        assert len(ended) == 1
    with pytest.raises(CommandError, match="not empty"):
        call_command("init_share_store", load=copy)
    with pytest.raises(CommandError, match="exists"):
        call_command("copy_share_store", copy)
    copy.write_text(copy.read_text()[:-2])
    with pytest.raises(CommandError, match="no whole snapshot"):
        call_command("init_share_store", load=copy)
    ShareStore.objects.update(store_id=uuid.uuid4())
    with pytest.raises(CommandError, match="another database"):
        call_command("init_share_store", load=tmp_path / "copy-0")


def test_an_empty_database_after_a_loss_leaves_damage(cast, share_database):
    factories.make_effective(cast.sakura, ATTENDANCE)
    row = write(cast.sakura, ATTENDANCE, {"code": "LATE"})
    share_databases.begin_anew(share_database, is_store=False)
    with pytest.raises(CommandError, match="lost for good"):
        call_command("init_share_store")
    call_command("init_share_store", after_loss=True)
    assert open_own([row], student=cast.sakura) == [DAMAGED]


def test_only_known_forms_of_url_name_a_store():
    assert isinstance(store_at("file:/srv/keys", None), ShareFolder)
    assert isinstance(store_at("file:///srv/keys", None), ShareFolder)
    assert isinstance(store_at("postgresql://h/d", None), ShareDatabase)
    for url in ("", "/srv/keys", "file:keys", "file://host/keys", "redis://h/0"):
        with pytest.raises(BadStoreUrl):
            store_at(url, None)


# -- the rules of an unavailable store, with a database ------------------------------------------


def nobody_answers(url, settings):
    settings.KEY_SHARES_URL = NOBODY


def no_tables(url, settings):
    sql(url, "ALTER SCHEMA public RENAME TO elsewhere; CREATE SCHEMA public")
    share_database_module.disconnect_all()


def of_another_portal(url, settings):
    sql(url, "UPDATE key_share_store SET store_id = gen_random_uuid()")


def is_back(url, settings):
    settings.KEY_SHARES_URL = url
    share_database_module.disconnect_all()
    if sql(url, "SELECT to_regnamespace('elsewhere') IS NOT NULL").fetchone()[0]:
        sql(url, "DROP SCHEMA public CASCADE; ALTER SCHEMA elsewhere RENAME TO public")
    sql(url, "UPDATE key_share_store SET store_id = %s", [share_stores.STORE_ID])


@pytest.mark.parametrize("leave", [nobody_answers, no_tables, of_another_portal])
@pytest.mark.django_db(transaction=True)
def test_while_the_store_is_away_decisions_stand_and_everything_is_made_up_for(
    cast, share_database, settings, leave
):
    factories.duty_roster(cast)
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, ATTENDANCE)
    withdrawn, kept = (write(one, ATTENDANCE, {"code": "LATE"}) for one in (cast.sakura, cast.ren))
    leave(share_database, settings)
    if leave is not of_another_portal:  # whose shares would be opened as they are
        assert open_own([kept], student=cast.ren) == [UNAVAILABLE]
    decisions.withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    assert open_own([withdrawn], student=cast.sakura) == [None]
    asked = help_requests.send_help_request(
        student=cast.ren, wanted=WantedRole.ANYONE, form_key=uuid.uuid4(), words="ことば"
    )
    assert open_own([asked], student=cast.ren)[0]["words"] == "ことば"
    factories.make_effective(cast.sakura, Purpose.GRADES)
    assert not SubjectKey.objects.filter(purpose=Purpose.GRADES).exists()
    assert key_ends.sweep_shares() == 0
    assert not DamageReport.objects.exists()
    is_back(share_database, settings)
    assert share_store.current_store().has(withdrawn.key_id)  # until the sweep
    scheduled_work.reconcile_all()
    assert not share_store.current_store().has(withdrawn.key_id)
    assert [each.key_id for each in share_store.list_of_ended_keys()] == [withdrawn.key_id]
    assert SubjectKey.objects.get(purpose="helpline").has_share
    assert SubjectKey.objects.filter(purpose=Purpose.GRADES).exists()
    assert open_own([kept], student=cast.ren) == [{"code": "LATE"}]
