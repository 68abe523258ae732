"""Damage of one row affects only that row: shown, reported, and blocking nobody."""

import os
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.audit.models import Action, AuditEvent
from apps.consent.models import DeletionCertificate, Purpose, Response
from apps.consent.services import decisions
from apps.linkage.models import LinkedRecord
from apps.vault.damage import DAMAGED
from apps.vault.models import DamageKind, DamageReport, ReplacedKey, SubjectKey
from apps.vault.services import damage_reports, key_ends, keys, rotation
from apps.vault.services.keys import key_for_writing, make_key
from apps.vault.services.sealed_content import OpeningReason, open_own, open_sealed
from tests import factories
from tests.vault.damage_helpers import damage, share_of
from tests.vault.sealing_helpers import write

ATTENDANCE = Purpose.ATTENDANCE


@pytest.fixture
def folder(settings, tmp_path):
    settings.KEY_SHARES_URL = f"file:{tmp_path}/shares"
    return tmp_path / "shares"


@pytest.fixture
def row(cast, folder):
    factories.make_effective(cast.sakura, ATTENDANCE)
    return write(cast.sakura, ATTENDANCE, {"code": "LATE"})


def reports():
    return [(r.kind, r.table, r.row_id) for r in DamageReport.objects.order_by("kind")]


def change_first_byte(path):
    first, *others = path.read_bytes()
    path.write_bytes(bytes([first ^ 1, *others]))


def test_a_damaged_row_opens_as_damaged_and_the_others_as_they_are(cast, row):
    whole = write(cast.sakura, ATTENDANCE, {"code": "SICK"}, name=b"2")
    found = open_sealed([damage(row), whole], actor=cast.nurse.user, reason=OpeningReason.MEETING)
    assert found == [DAMAGED, {"code": "SICK"}]
    assert reports() == [("content_changed", "linkage_linkedrecord", row.pk)]


def test_an_attempt_to_open_what_is_damaged_is_on_record(cast, row):
    open_sealed([damage(row)], actor=cast.nurse.user, reason=OpeningReason.MEETING)
    event = AuditEvent.objects.get(action=Action.SEALED_OPENED)
    assert (event.actor, event.subject_id) == (cast.nurse.user, cast.sakura.pk)


def test_a_destroyed_key_is_no_damage(cast, row):
    decisions.withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    assert open_own([row], student=cast.sakura) == [None]
    assert reports() == []


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (lambda path: path.unlink(), DamageKind.SHARE_MISSING),
        (lambda path: path.write_bytes(b""), DamageKind.SHARE_CHANGED),
        (lambda path: change_first_byte(path), DamageKind.SHARE_CHANGED),
        (lambda path: path.write_bytes(path.read_bytes()[:20]), DamageKind.SHARE_CHANGED),
    ],
)
def test_a_damaged_share_is_named_and_nothing_is_written_under_it(cast, row, folder, harm, kind):
    harm(share_of(row.key_id))
    assert open_own([row], student=cast.sakura) == [DAMAGED]
    with transaction.atomic(), pytest.raises(keys.DamagedKey):
        key_for_writing(cast.sakura.pk, ATTENDANCE)
    assert reports() == [(kind, "", None)]


def test_a_damaged_key_in_the_table_is_named_too(cast, row):
    SubjectKey.objects.filter(pk=row.key_id).update(wrapped=b"nothing")
    assert open_own([row], student=cast.sakura) == [DAMAGED]
    assert reports() == [("key_changed", "", None)]


def test_a_share_of_an_earlier_version_without_checksum_still_opens(cast, row, folder):
    path = share_of(row.key_id)
    path.write_bytes(path.read_bytes()[:32])
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]


@pytest.mark.django_db(transaction=True)
def test_the_report_stays_when_the_readers_transaction_does_not(cast, row):
    damage(row)
    with pytest.raises(RuntimeError), transaction.atomic():
        assert open_own([row], student=cast.sakura) == [DAMAGED]
        raise RuntimeError
    assert reports() == [("content_changed", "linkage_linkedrecord", row.pk)]


@pytest.mark.django_db(transaction=True)
def test_the_report_is_written_by_a_reader_who_may_only_read(cast, row):
    damage(row)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        assert open_own([row], student=cast.sakura) == [DAMAGED]
    assert len(reports()) == 1


def test_the_same_damage_is_reported_once(cast, row):
    damage(row)
    for _ in range(3):
        damage_reports._noted.clear()
        open_own([row], student=cast.sakura)
    assert len(reports()) == 1


def test_agreeing_once_more_gives_another_key_and_keeps_the_old_rows_as_damaged(cast, row, folder):
    share_of(row.key_id).unlink()
    agree(cast)
    key = SubjectKey.objects.get(student=cast.sakura, purpose=ATTENDANCE)
    assert key.pk != row.key_id
    assert ReplacedKey.objects.get().pk == row.key_id
    new = write(cast.sakura, ATTENDANCE, {"code": "SICK"}, name=b"2")
    assert open_own([row, new], student=cast.sakura) == [DAMAGED, {"code": "SICK"}]
    assert not LinkedRecord.objects.orphaned().exists()
    events = AuditEvent.objects.filter(action=Action.KEY_MADE, reason_code="key_damaged")
    assert events.get().actor == cast.midori.user


def test_agreeing_once_more_leaves_a_whole_key_alone(cast, row):
    agree(cast)
    assert SubjectKey.objects.get(student=cast.sakura, purpose=ATTENDANCE).pk == row.key_id


def test_a_share_that_is_found_again_opens_what_its_key_sealed(cast, row, folder):
    path = share_of(row.key_id)
    content = path.read_bytes()
    path.unlink()
    agree(cast)
    assert open_own([row], student=cast.sakura) == [DAMAGED]
    path.write_bytes(content)
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]
    assert rotation.recheck_damaged_keys() == 1
    assert DamageReport.objects.get().mended_at is not None
    assert key_ends.sweep_shares() == 0


def test_a_withdrawal_destroys_the_replaced_key_too(cast, row, folder):
    path = share_of(row.key_id)
    content = path.read_bytes()
    path.unlink()
    agree(cast)
    path.write_bytes(content)
    decisions.withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=ATTENDANCE, form_key=uuid.uuid4()
    )
    assert open_own([row], student=cast.sakura) == [None]
    assert not ReplacedKey.objects.exists()
    assert list(LinkedRecord.objects.orphaned()) == [row]
    assert DeletionCertificate.objects.filter(key_id=row.key_id).exists()


def test_a_key_that_needs_no_consent_is_replaced_when_it_is_next_needed(cast, folder):
    old = make_key(cast.sakura, "helpline")
    share_of(old.pk).unlink()
    assert make_key(cast.sakura, "helpline").pk != old.pk
    with transaction.atomic():
        assert key_for_writing(cast.sakura.pk, "helpline")


def test_keys_are_rotated_past_a_damaged_one(cast, row, settings):
    factories.make_effective(cast.ren, ATTENDANCE)
    SubjectKey.objects.filter(pk=row.key_id).update(wrapped=b"nothing")
    settings.VAULT_KEYS = "n2:" + "A" * 43 + "," + settings.VAULT_KEYS
    assert rotation.rewrap_keys(limit=1) == 1
    with pytest.raises(CommandError, match="1 keys are damaged"):
        call_command("rotate_vault_keys")
    assert rotation.rewrap_keys() == 0
    assert reports() == [("key_changed", "", None)]


def test_one_missing_share_does_not_keep_the_city_from_starting(cast, folder, caplog):
    for student in (cast.sakura, cast.ren):
        for purpose in (ATTENDANCE, Purpose.CHECKIN_REVIEW):
            factories.make_effective(student, purpose)
    key = SubjectKey.objects.order_by("pk").first()
    share_of(key.pk).unlink()
    for _ in range(3):
        assert list(rotation.environment_problems()) == []


def test_most_shares_missing_keeps_from_starting(cast, folder, monkeypatch):
    monkeypatch.setattr(rotation, "_sample", lambda: list(SubjectKey.objects.all()))  # else random
    for student in (cast.sakura, cast.ren):
        for purpose in (ATTENDANCE, Purpose.CHECKIN_REVIEW):
            factories.make_effective(student, purpose)
    for key in SubjectKey.objects.order_by("pk")[:3]:
        share_of(key.pk).unlink()
    (sentence,) = rotation.environment_problems()
    assert "KEY_SHARES_URL has no share of" in sentence
    assert not DamageReport.objects.exists()


def test_a_share_that_cannot_be_read_is_damage_and_no_error(cast, row, folder):
    path = share_of(row.key_id)
    path.unlink()
    os.mkdir(path)
    assert open_own([row], student=cast.sakura) == [DAMAGED]
    assert reports() == [("share_changed", "", None)]


def agree(cast):
    decisions.decide(
        student=cast.sakura, actor=cast.midori.user, answers={ATTENDANCE: Response.GIVEN},
        form_key=uuid.uuid4(),
    )  # fmt: skip
