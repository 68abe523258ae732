"""Rows of linked data as a sync writes them, without a sync."""

import datetime as dt
import uuid

from django.db import transaction

from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.core import clock
from apps.core.clock import today
from apps.linkage.fact_kinds import FACT_KINDS
from apps.linkage.models import LinkedRecord
from apps.vault.services.keys import keys_for_writing, make_key
from tests.vault.sealing_helpers import source

DAY = dt.timedelta(days=1)


def put_rows(students, kind, values, *, received_at=None):
    """Rows of this kind with these values (dicts), for each student, received at one time."""
    at, rows = received_at or clock.now(), []
    with transaction.atomic():
        keys = keys_for_writing([student.pk for student in students], FACT_KINDS[kind].purpose)
        for student in students:
            for value in values:
                row = LinkedRecord(
                    municipality_id=student.municipality_id, source=source(student.school),
                    kind=kind, version_digest=b"1", kept_until=today() + 400 * DAY, received_at=at,
                )  # fmt: skip
                keys[student.pk].seal(row, value)
                rows.append(row)
    LinkedRecord.objects.bulk_create(rows)
    return rows


def put_checkins(student, times, mood=2):
    """A check-in of a student that arrived at each of these times, sealed."""
    make_key(student, "checkin_review")
    seed_questions()
    rows = []
    with transaction.atomic():
        key = keys_for_writing([student.pk], "checkin_review")[student.pk]
        for at in times:
            row = CheckIn(
                municipality_id=student.municipality_id, question_set=current_question_set(),
                client_key=uuid.uuid4(), body_digest=uuid.uuid4().bytes[:8],
                answered_on=at.astimezone(clock.JST).date(), received_at=at,
            )  # fmt: skip
            rows.append(key.seal(row, {"mood": mood}))
    return CheckIn.objects.bulk_create(rows)


def days_ago(n):
    return (today() - n * DAY).isoformat()


def absences(*numbers, mark="ABSENT_SICK"):
    """The values of attendance on days so long ago."""
    return [{"date": days_ago(n), "mark": mark} for n in numbers]
