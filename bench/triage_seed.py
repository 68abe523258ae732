# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Cities whose students have a month of check-ins and attendance, truly sealed."""

import uuid
from datetime import timedelta

from bench import linkage_seed

A_SCHOOL, DAYS, AT_ONCE = 500, 20, 5_000
FLAGGED = 10  # one student in so many meets a rule


def seed_city(n_students):
    """(Municipality, [student ids]) with the shipped rules, and facts that arrived day by day."""
    from apps.cases.services.shipped_rules import seed_rules
    from apps.checkins.services.question_sets import current_question_set, seed_questions
    from apps.consent.models import Purpose
    from tests import factories

    city = factories.municipality(uuid.uuid4().hex[:6], "計測市(架空)")
    seed_questions()
    seed_rules(city)
    ids = []
    for first in range(0, n_students, A_SCHOOL):
        n = min(A_SCHOOL, n_students - first)
        school, people = linkage_seed.school(city, n, Purpose.ATTENDANCE)
        answering = linkage_seed.keys(city, people, Purpose.CHECKIN_REVIEW)
        linkage_seed.copy(f"vault_subjectkey ({linkage_seed.KEY})", answering)
        source = linkage_seed.source(city, school, "school_files", f"t{first}")
        some = [pk for _, pk, _ in people]
        _facts(city, some, source, current_question_set())
        ids += some
    _analyse()
    return city, ids


def _facts(city, ids, source, questions):
    from apps.checkins.models import CheckIn
    from apps.core import clock
    from apps.core.clock import today
    from apps.linkage.models import LinkedRecord
    from apps.vault.services.keys import unlocked_keys

    marks = unlocked_keys(ids, "attendance")
    moods = unlocked_keys(ids, "checkin_review")
    records, answers = [], []
    for number, pk in enumerate(ids):
        for n in range(1, DAYS + 1):
            at, on = clock.now() - timedelta(days=n), today() - timedelta(days=n)
            is_bad = number % FLAGGED == 0 and n <= 3  # noqa: PLR2004 - three in a row
            record = LinkedRecord(
                municipality_id=city.pk, source=source, kind="attendance_daily",
                version_digest=b"1", received_at=at, kept_until=today() + timedelta(days=100),
            )  # fmt: skip
            mark = "ABSENT_SICK" if is_bad else "PRESENT"
            records.append(marks[pk].seal(record, {"date": on.isoformat(), "mark": mark}))
            answer = CheckIn(
                municipality_id=city.pk, question_set=questions, client_key=uuid.uuid4(),
                body_digest=uuid.uuid4().bytes[:8], answered_on=on, received_at=at,
            )  # fmt: skip
            feels = {"mood": 1 if is_bad else 2 + n % 3, "body": 2, "sleep": 1, "talk": 0}
            answers.append(moods[pk].seal(answer, feels))
    LinkedRecord.objects.bulk_create(records, batch_size=AT_ONCE)
    CheckIn.objects.bulk_create(answers, batch_size=AT_ONCE)


def _analyse():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE people_student, vault_subjectkey, linkage_linkedrecord, checkins_checkin"
        )
