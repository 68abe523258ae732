"""A sweep reads what ended since the last one; once a day it reads every row."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from apps.checkins.models import CheckIn
from apps.checkins.services.retention import delete_expired_checkins
from apps.consent.models import Purpose, SweepMark
from apps.consent.services import decisions
from apps.consent.services.certificates import unswept_since
from apps.linkage.models import LinkedRecord
from apps.vault.models import DestroyedKey
from tests.checkins.test_storage import send

pytestmark = pytest.mark.django_db
EVENING = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)  # 18:00 in Japan


def withdraw(cast):
    decisions.withdraw(
        student=cast.sakura,
        actor=cast.midori.user,
        purpose=Purpose.CHECKIN_REVIEW,
        form_key=uuid.uuid4(),
    )


def test_rows_of_a_key_that_ended_since_the_last_sweep_go(offered, time_machine):
    time_machine.move_to(EVENING)
    send(offered.sakura)
    assert delete_expired_checkins() == 0
    assert unswept_since("checkins") is not None
    withdraw(offered)
    assert delete_expired_checkins() == 1


def test_an_end_that_took_long_to_commit_is_not_passed_over(offered, time_machine):
    time_machine.move_to(EVENING)
    send(offered.sakura)
    assert delete_expired_checkins() == 0
    withdraw(offered)  # its transaction had begun half an hour before that sweep
    DestroyedKey.objects.update(ended_at=EVENING - dt.timedelta(minutes=30))
    assert delete_expired_checkins() == 1


def test_a_row_whose_key_has_no_end_on_record_goes_in_the_night(offered, time_machine):
    time_machine.move_to(EVENING)
    checkin = send(offered.sakura)
    delete_expired_checkins()
    CheckIn.objects.filter(pk=checkin.pk).update(key_id=uuid.uuid4())
    assert delete_expired_checkins() == 0
    time_machine.move_to(EVENING + dt.timedelta(hours=7, minutes=30))  # half past one
    assert delete_expired_checkins() == 0
    time_machine.shift(3600)
    assert delete_expired_checkins() == 1
    assert unswept_since("checkins") is not None  # and not again this night


def test_a_source_never_read_whole_is_read_whole(db):
    assert unswept_since("linkage") is None
    SweepMark.objects.create(source="linkage", clean_at=timezone.now())
    assert unswept_since("linkage") is None


@pytest.mark.parametrize("model", [CheckIn, LinkedRecord])
def test_what_ended_since_is_found_without_reading_the_table(model, db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    since = timezone.now() - dt.timedelta(minutes=1)
    for due in (model.objects.orphaned(since), _past_retention(model)):
        plan = due.order_by("student_id").explain()
        assert f"Seq Scan on {model._meta.db_table}" not in plan
        assert f"on {model._meta.db_table}" in plan


def _past_retention(model):
    if model is LinkedRecord:
        return model.objects.filter(kept_until__lt=dt.date(2026, 1, 1))
    return model.objects.filter(answered_on__lt=dt.date(2026, 1, 1))
