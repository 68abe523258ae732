"""Sealed content opens in one way only: for those it is meant for, with a reason, audited."""

import logging
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from apps.audit.models import Action, Audience, AuditEvent
from apps.consent.models import Purpose
from apps.core import crypto
from apps.vault.damage import DAMAGED
from apps.vault.models import SubjectKey
from apps.vault.services import sealed_content
from apps.vault.services.keys import DamagedKey, NoKey, key_for_writing, make_key
from apps.vault.services.sealed_content import OpeningReason, evaluate_sealed, open_own, open_sealed
from tests import factories
from tests.vault.sealing_helpers import write

SECRET = "だれにも 言って いない こと"


@pytest.fixture
def row(cast):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    return write(cast.sakura, Purpose.ATTENDANCE, {"words": SECRET})


def opened():
    return AuditEvent.objects.filter(action=Action.SEALED_OPENED)


def test_the_nurse_opens_and_the_record_says_who_why_and_which_purpose(cast, row):
    found = open_sealed([row, row], actor=cast.nurse.user, reason=OpeningReason.MEETING)
    assert found == [{"words": SECRET}] * 2
    event = opened().get()
    assert (event.actor, event.actor_role, event.subject_id, event.purpose, event.reason_code) == (
        cast.nurse.user, "nurse", cast.sakura.pk, "attendance", "meeting",
    )  # fmt: skip
    assert event.audience == Audience.OPEN
    assert SECRET not in str(AuditEvent.objects.values())


@pytest.mark.parametrize("reason", ["", None, "just curious"])
def test_nothing_opens_without_a_reason(cast, row, reason):
    with pytest.raises(ValueError):
        open_sealed([row], actor=cast.nurse.user, reason=reason)
    assert not opened().exists()


@pytest.mark.parametrize("who", ["away_nurse", "officer", "helpdesk", "midori", "sakura"])
def test_who_it_is_not_meant_for_is_refused_and_nothing_is_recorded(cast, row, who):
    with pytest.raises(PermissionDenied):
        open_sealed([row], actor=getattr(cast, who).user, reason=OpeningReason.MEETING)
    assert not opened().exists()


def test_one_row_that_is_not_theirs_refuses_all(cast, row):
    factories.make_effective(cast.ren, Purpose.ATTENDANCE)
    other = write(cast.ren, Purpose.ATTENDANCE, {"code": "LATE"})
    with pytest.raises(PermissionDenied):
        open_sealed([row, other], actor=cast.homeroom.user, reason=OpeningReason.MEETING)
    assert not opened().exists()


def test_where_the_record_cannot_be_written_nothing_is_returned(cast, row, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no record")

    monkeypatch.setattr(sealed_content, "record", broken)
    with pytest.raises(RuntimeError):
        open_sealed([row], actor=cast.nurse.user, reason=OpeningReason.MEETING)


@pytest.mark.parametrize("reason", [OpeningReason.SAFETY, OpeningReason.STUDENT_ASKED])
def test_a_look_that_protects_the_student_is_kept_from_the_family_page(cast, row, reason):
    open_sealed([row], actor=cast.nurse.user, reason=reason)
    assert opened().get().audience == Audience.PROTECTIVE


def test_that_a_student_is_supported_is_kept_from_the_family_page(cast):
    make_key(cast.sakura, "casework")
    letter = write(cast.sakura, "casework", {"words": SECRET})
    open_sealed([letter], actor=cast.nurse.user, reason=OpeningReason.MEETING)
    evaluate_sealed([letter], rule="R6/1")
    assert set(AuditEvent.objects.about(cast.sakura.pk).values_list("audience", flat=True)) == {
        Audience.PROTECTIVE
    }


def test_a_rule_that_runs_by_itself_leaves_one_event_a_student_and_purpose(cast, row):
    assert evaluate_sealed([row, row], rule="R3/1") == [{"words": SECRET}] * 2
    event = AuditEvent.objects.get(action=Action.SEALED_EVALUATED)
    assert (event.actor, event.actor_role, event.detail) == (None, "system", "R3/1")


def test_own_rows_open_to_their_student_alone(cast, row):
    assert open_own([row], student=cast.sakura) == [{"words": SECRET}]
    with pytest.raises(PermissionDenied):
        open_own([row], student=cast.ren)


def test_a_seal_moved_to_another_row_does_not_open(cast, row):
    twin = write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"}, name=b"2")
    twin.sealed = row.sealed
    assert open_own([twin], student=cast.sakura) == [DAMAGED]


def test_a_key_moved_to_another_student_does_not_open(cast, row):
    SubjectKey.objects.filter(student=cast.sakura).update(student=cast.ren)
    with transaction.atomic(), pytest.raises(DamagedKey):
        key_for_writing(cast.ren.pk, Purpose.ATTENDANCE)


def test_without_a_key_nothing_is_written(cast):
    with pytest.raises(NoKey) as refusal:
        write(cast.sakura, Purpose.ATTENDANCE, {"words": SECRET})
    assert str(cast.sakura.pk) not in str(refusal.value)


@pytest.mark.django_db(transaction=True)
def test_a_key_is_taken_only_inside_a_transaction(cast):
    with pytest.raises(transaction.TransactionManagementError):
        key_for_writing(cast.sakura.pk, Purpose.ATTENDANCE)


def test_neither_table_log_nor_repr_tells_the_content_or_the_key(cast, row, caplog):
    with caplog.at_level(logging.DEBUG):
        open_sealed([row], actor=cast.nurse.user, reason=OpeningReason.MEETING)
        with transaction.atomic():
            key = key_for_writing(cast.sakura.pk, Purpose.ATTENDANCE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM linkage_linkedrecord")
        stored = bytes(cursor.fetchone()[0])
    assert SECRET.encode() not in stored and b"words" not in stored
    assert SECRET not in caplog.text and SECRET not in repr(row)
    assert repr(key.raw) not in repr(key) and repr(key.raw) not in caplog.text


def test_a_row_sealed_before_the_place_was_shorter_still_opens_and_only_there(cast, row):
    with transaction.atomic():
        key = key_for_writing(cast.sakura.pk, Purpose.ATTENDANCE)
    place = f"linkage_linkedrecord|{row.pk}|{key.student_id}|{key.purpose}|{key.id}".encode()
    row.sealed = crypto.seal(key.raw, b'{"words": "old"}', place)
    assert open_own([row], student=cast.sakura) == [{"words": "old"}]
    row.pk = uuid.uuid4()
    assert open_own([row], student=cast.sakura) == [DAMAGED]
