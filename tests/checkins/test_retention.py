"""Thirty thousand unreadable rows are deleted in one run, or as many as time allows."""

import itertools
import uuid

import pytest
from django.db import connection

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.retention import delete_expired_checkins
from apps.consent.models import SweepMark
from apps.core import sweeps
from tests.checkins.test_storage import send

pytestmark = pytest.mark.django_db
MANY = 30_000
COPIES = """
INSERT INTO checkins_checkin (id, municipality_id, student_id, purpose, key_id, sealed,
  question_set_id, client_key, body_digest, is_conflict, answered_on, received_at, seen_role)
SELECT gen_random_uuid(), %s, unnest(%s::uuid[]), 1, %s, '', %s, gen_random_uuid(),
  '', false, '2026-11-20', now(), '' FROM generate_series(1, %s)
"""


@pytest.fixture
def unreadable(offered):
    """Check-ins of two students, whose key is gone, beside one that can be read."""
    readable = send(offered.sakura)
    students = [offered.sakura.pk, offered.ren.pk]
    values = [offered.city.pk, students, uuid.uuid4(), current_question_set().pk, MANY // 2]
    with connection.cursor() as cursor:
        cursor.execute(COPIES, values)
    return readable


def test_thirty_thousand_unreadable_rows_go_in_one_run(unreadable):
    assert delete_expired_checkins() == MANY
    assert CheckIn.objects.get().pk == unreadable.pk
    events = AuditEvent.objects.filter(action=Action.ROWS_SWEPT)
    assert events.count() <= MANY // sweeps.BATCH_SIZE + 2  # those of one student go together
    assert SweepMark.objects.filter(source="checkins").exists()


def test_a_run_without_time_leaves_the_rest_and_claims_nothing(unreadable, monkeypatch):
    seconds = itertools.count(step=25)
    monkeypatch.setattr(sweeps.time, "monotonic", lambda: next(seconds))
    assert delete_expired_checkins() == 2 * sweeps.BATCH_SIZE
    assert not SweepMark.objects.filter(source="checkins").exists()
    monkeypatch.undo()
    assert delete_expired_checkins() == MANY - 2 * sweeps.BATCH_SIZE
    assert CheckIn.objects.count() == 1
