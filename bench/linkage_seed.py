# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Invented schools whose students all agreed, and their data."""

import json
import os
import uuid
from datetime import UTC, date, datetime, timedelta

MARKS = ["出席"] * 37 + ["病欠", "遅刻", "早退"]
STUDENT = (
    "id, municipality_id, school_id, source_id, master_id, local_code, family_name, given_name, "
    "family_kana, given_kana, grade, home_class_id, attendance_number"
)
KEY = "id, municipality_id, student_id, purpose, ring_key, wrapped, has_share, made_at"


def seed_people():
    """A city with a policy for the two purposes that the figures import under."""
    from apps.consent.models import Purpose
    from tests import factories

    city = factories.municipality(uuid.uuid4().hex[:6], "計測市(架空)")
    factories.programme(city)
    for purpose in (Purpose.ATTENDANCE, Purpose.STUDY_LOG):
        factories.policy(city, purpose)
    return city


def school(city, n, purpose):
    """(School, [(code, student id, master id)]) of ``n`` students, each with a key for ``purpose``."""
    from tests import factories

    of_class = factories.school_class(factories.school(city, code=uuid.uuid4().hex[:13]))
    people = [(str(1_000_001 + number), uuid.uuid4(), uuid.uuid4()) for number in range(n)]
    copy(
        f"people_student ({STUDENT})",
        (
            (pk, city.pk, of_class.school_id, str(master), master, code, "計測", code,
             "ケイソク", "ヨウ", "J1", of_class.pk, None)
            for code, pk, master in people
        ),
    )  # fmt: skip
    copy(f"vault_subjectkey ({KEY})", keys(city, people, purpose))
    return of_class.school, people


def keys(city, people, purpose):
    """The rows of real keys: half wrapped under the ring, half in the folder of shares."""
    from django.conf import settings
    from django.utils import timezone

    from apps.vault.services.keys import key_ring
    from apps.vault.share_urls import folder_of

    ring, now = key_ring(), timezone.now()
    for _, student, _ in people:
        pk, share = uuid.uuid4(), os.urandom(32)
        context = f"key|{pk}|{student}|{purpose}".encode()
        name, wrapped = ring.wrap(os.urandom(32), context)
        path = folder_of(settings.KEY_SHARES_URL) / str(pk)[:2] / str(pk)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(share)  # without the fsync that making a key waits for: not measured
        yield pk, city.pk, student, str(purpose), name, wrapped, True, now


def source(city, of_school, kind, place):
    from apps.linkage.models import DataSource

    return DataSource.objects.create(
        municipality=city, school=of_school, kind=kind, title="計測", place=place
    )


def attendance(folder, people, n_days, *, skip=0, name="attendance_daily.csv"):
    """Write the daily attendance of everybody, day by day; how many rows."""
    folder.mkdir(parents=True, exist_ok=True)
    days = school_days()[skip : skip + n_days]
    with (folder / name).open("w", encoding="utf-8-sig", newline="") as file:
        file.write("管理コード,日付,出欠区分,備考\r\n")
        for number, day in enumerate(days):
            file.writelines(
                f"{code},{day},{MARKS[(number * 7 + place) % len(MARKS)]},\r\n"
                for place, (code, *_) in enumerate(people)
            )
    return len(days) * len(people)


def statements(path, people, n):
    """Write ``n`` study statements of the last twenty days for ``linkage_lrs``, oldest first."""
    begins, step = datetime.now(UTC) - timedelta(days=20), timedelta(days=19.9) / n
    with path.open("w", encoding="utf-8") as file:
        for number in range(n):
            at = (begins + step * number).isoformat().replace("+00:00", "Z")
            _, _, master = people[number % len(people)]
            one = {
                "id": str(uuid.uuid4()),
                "actor": {"account": {"homePage": "https://portal.example", "name": str(master)}},
                "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
                "object": {
                    "id": f"https://drill.example/{number % 500}",
                    "definition": {"type": "http://adlnet.gov/expapi/activities/question"},
                },
                "result": {"success": number % 3 > 0, "duration": "PT40S"},
                "timestamp": at,
                "stored": at,
            }
            file.write(f"{at}\t{json.dumps(one)}\n")


def school_days():
    """The weekdays (ISO) of this school year from 1 April on: all of it is still to be kept."""
    from apps.core.clock import today

    year = today().year - (today().month < 4)
    days = (date(year, 4, 1) + timedelta(days=number) for number in range(365))
    return [day.isoformat() for day in days if day.weekday() < 5]


def copy(target, rows):
    from django.db import connection

    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)
