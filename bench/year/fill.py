"""Fills a database with days of check-ins, their record, and attendance.

Each day is written after the day before, as in use. The class of the cast answers through the
product's own statement, truly sealed; the others' rows are those of one of its students with other
ids, keys, days and digests (nobody can open them). The record is multiplied alike from events that
the product itself wrote. Attendance comes in from files of twenty days each, by the product's own
runs.
"""

import random
import uuid
from datetime import date, datetime, time
from pathlib import Path

from django.core.files.storage import storages
from django.db import connection

from apps.audit.models import Action, Audience, AuditEvent
from apps.audit.services.audit_events import record, record_many
from apps.checkins.models import CheckIn
from apps.checkins.services.reading import open_many
from apps.checkins.services.storage import CheckedSubmission, insert_submissions
from apps.consent.models import Purpose
from apps.core.clock import JST
from apps.core.storage_aliases import SOURCES
from apps.linkage.models import DataSource, LinkedRecord
from apps.linkage.services.sync_runs import sync_source
from apps.vault.services.keys import planned_unlocked_keys
from apps.vault.services.sealed_content import OpeningReason, evaluate_sealed
from bench import linkage_seed

ANSWERED = 0.8  # of the students, on a day
# How often an event of each kind is written for a student on a day: together 3.65.
SHARES = {
    "signed_in": 0.8, "submitted": 0.8, "opened": 0.4, "mood_rule": 0.8, "attendance_rule": 0.8,
    "names_shown": 0.05,
}  # fmt: skip
OWN_ACTS = ("signed_in", "submitted")
DAYS_A_FILE = 20
TIME_ORDERED = (  # a UUIDv7 (RFC 9562) of the time ``at``
    "(lpad(to_hex((extract(epoch FROM x.at) * 1000)::bigint), 12, '0') || '7' || "
    "substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid"
)
RANDOM_BYTES = "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"

ANSWERING = f"""
SELECT st.id AS student_id, k.id AS key_id, %(at)s + random() * interval '1 hour' AS at
FROM people_student st JOIN vault_subjectkey k ON k.student_id = st.id AND k.purpose = %(purpose)s
WHERE st.home_class_id <> %(known)s AND random() < {ANSWERED}
"""  # noqa: S608 - our own number
RECORDED = """
SELECT st.id AS student_id, st.user_id, w.id AS sample_id, w.is_own,
       %(at)s + random() * interval '1 hour' AS at
FROM people_student st
CROSS JOIN unnest(%(ids)s::bigint[], %(shares)s::float[], %(own)s::boolean[]) AS w (id, share, is_own)
WHERE random() < w.share
"""


class Filler:
    """Writes days for the cast into the database that is in use."""

    def __init__(self, cast, move_to):
        self.cast, self._move_to = cast, move_to
        pks = [student.pk for student in cast.students]
        self._keys = planned_unlocked_keys(pks, Purpose.CHECKIN_REVIEW)
        self._samples = None

    def fill(self, days):
        """Write these days (dates, ascending): answers, the record, and what the files say."""
        for first in range(0, len(days), DAYS_A_FILE):
            part = days[first : first + DAYS_A_FILE]
            for day in part:
                self._answer(day)
            self._read_files(part)

    def _answer(self, day):
        at = datetime.combine(day, time(8, 30), JST)
        insert_submissions([self._answers(student, day, at) for student in self.cast.students], at)
        if self._samples is None:
            self._samples = _recorded_samples(self.cast)
        _multiply(
            CheckIn,
            ANSWERING,
            {
                "id": TIME_ORDERED, "student_id": "x.student_id", "key_id": "x.key_id",
                "client_key": "gen_random_uuid()", "answered_on": "%(day)s", "received_at": "x.at",
                "body_digest": f"substring({RANDOM_BYTES} FOR octet_length(s.body_digest))",
                "seen_at": "NULL", "seen_role": "''",
            },
            "s.id = %(sample)s",
            {
                "at": at, "day": day, "purpose": Purpose.CHECKIN_REVIEW.value,
                "known": self.cast.school_class.pk,
                "sample": CheckIn.objects.filter(student=self.cast.students[-1]).earliest("id").pk,
            },
        )  # fmt: skip
        _multiply(
            AuditEvent,
            RECORDED,
            {
                "at": "x.at",
                "actor_id": "CASE WHEN x.is_own THEN x.user_id ELSE s.actor_id END",
                "subject_id": "CASE WHEN s.subject_id IS NOT NULL THEN x.student_id END",
                "thing_id": "uuid_send(gen_random_uuid())",
            },
            "s.id = x.sample_id",
            {
                "at": at, "ids": list(self._samples.values()),
                "shares": [SHARES[name] for name in self._samples],
                "own": [name in OWN_ACTS for name in self._samples],
            },
        )  # fmt: skip

    def _answers(self, student, day, at):
        clean = {"mood": random.randint(1, 4), "body": random.randint(0, 2), "sleep": 1, "talk": 0}
        return CheckedSubmission(
            self._keys[student.pk], self.cast.question_set.pk, uuid.uuid4(), clean, day,
            student.user_id, time_ordered_id(at),
        )  # fmt: skip

    def _read_files(self, days):
        """The files of these days, which come in on the morning of the last one."""
        all_days = linkage_seed.school_days()
        skip = all_days.index(days[0].isoformat())
        self._move_to(datetime.combine(days[-1], time(9, 40), JST))
        for each in self.cast.schools:
            source = source_of(self.cast, each)
            folder = folder_of(source)
            name = f"attendance_daily_{days[0]:%m%d}.csv"
            linkage_seed.attendance(folder, each.people, len(days), skip=skip, name=name)
            run = sync_source(source)
            if run.n_kept != len(days) * len(each.people):
                raise RuntimeError(f"{run.n_kept} of a file's rows were kept: {run.message}")


def source_of(cast, each):
    """The source of a school's files."""
    place = f"school{each.number}"
    found = DataSource.objects.filter(municipality=cast.city, place=place).first()
    return found or linkage_seed.source(cast.city, each.school, "school_files", place)


def folder_of(source):
    """Where the files of a source lie now."""
    folder = Path(storages[SOURCES].location) / source.municipality.code / source.place
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def time_ordered_id(at):
    """A UUIDv7 of this time."""
    head = int(at.timestamp() * 1000) << 80 | 0x7 << 76 | random.getrandbits(12) << 64
    return uuid.UUID(int=head | 0x2 << 62 | random.getrandbits(62))


def school_days(n):
    """The first ``n`` weekdays of this school year."""
    return [date.fromisoformat(day) for day in linkage_seed.school_days()[:n]]


def _multiply(model, source, own, on, params):
    """Insert a row for each row ``x`` of a query: the sample ``s`` with its own columns changed."""
    fields = [
        f
        for f in model._meta.concrete_fields
        if not f.generated and f is not model._meta.auto_field
    ]
    columns = ", ".join(f.column for f in fields)
    values = ", ".join(own.get(f.column, f"s.{f.column}") for f in fields)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) "  # noqa: S608 - our own names
            f"SELECT {values} FROM ({source}) x JOIN {table} s ON {on} ORDER BY x.at",
            params,
        )


def _recorded_samples(cast):
    """{name: id of an event that the product wrote for this kind of act}."""
    student, row = cast.student, CheckIn.objects.filter(student=cast.student).latest("id")
    found = {}

    def note(name):
        found[name] = AuditEvent.objects.latest("id").pk

    note("submitted")
    of_student = {"municipality_id": cast.city.pk, "subject_id": student.pk, "thing": row}
    record(Action.SIGNED_IN, actor=student.user, role="student", **of_student)
    note("signed_in")
    open_many([row], actor=cast.homeroom.user, reason=OpeningReason.MEETING)
    note("opened")
    evaluate_sealed([row], rule="R1/1")
    note("mood_rule")
    record(
        Action.SEALED_EVALUATED, purpose=Purpose.ATTENDANCE, detail="R3/1",
        **of_student | {"thing": LinkedRecord(pk=uuid.uuid4())},
    )  # fmt: skip
    note("attendance_rule")
    page = {
        "action": Action.NAMES_SHOWN, "actor": cast.homeroom.user, "role": "homeroom",
        "page": ("admin:checkins_class", str(cast.school_class.pk)), "n_people": 1,
        "municipality_id": cast.city.pk, "subject_id": student.pk, "audience": Audience.OFFICE,
    }  # fmt: skip
    record_many([page])
    note("names_shown")
    return found


def analyse():
    """Statistics and visibility as in a database that has been in use."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
