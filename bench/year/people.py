"""A city whose students all agreed to check-ins and attendance: most by COPY, one class by hand."""

import uuid
from types import SimpleNamespace

from django.conf import settings
from django.db import connection

from apps.cases.services.shipped_rules import seed_rules
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.consent.models import Purpose
from apps.people.models import Role
from apps.push.models import PushOrigin
from apps.push.webpush import vapid_key_id
from bench import linkage_seed
from tests import factories

A_SCHOOL, A_CLASS = 476, 33
PURPOSES = (Purpose.CHECKIN_REVIEW, Purpose.ATTENDANCE)

ACCOUNTS = """
INSERT INTO people_user (id, password, is_superuser, username, email, is_staff, is_active, date_joined)
SELECT id, '!', false, id::text, '', false, true, now() FROM people_student WHERE user_id IS NULL
"""
HOLD_ACCOUNTS = "UPDATE people_student SET user_id = id WHERE user_id IS NULL"
DEVICES = """
INSERT INTO push_pushsubscription (id, municipality_id, school_id, user_id, origin_id, endpoint,
  endpoint_sha256, p256dh, auth, vapid_key, device, created_at, bound_at, seen_at, state, n_trouble)
SELECT gen_random_uuid(), municipality_id, school_id, user_id, %s, 'https://push.example/' || id,
  sha256(id::text::bytea), 'p', 'a', %s, '', now(), now(), now(), 'live', 0 FROM people_student
"""


def seed(n_students):
    """The cast: the city, its schools, one class of real accounts, staff of every kind."""
    cast = SimpleNamespace(n_students=n_students, city=factories.municipality("990001", "計測市"))
    factories.programme(cast.city)
    seed_questions()
    seed_rules(cast.city)
    cast.question_set = current_question_set()
    for purpose in (*PURPOSES, Purpose.STUDY_LOG):
        factories.policy(cast.city, purpose)
        factories.document(cast.city, purpose)
    cast.schools = [_school(cast, number) for number in range(-(-n_students // A_SCHOOL))]
    cast.school = cast.schools[0].school
    _known_class(cast)
    for each in cast.schools:
        _others(cast, each)
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS)
        cursor.execute(HOLD_ACCOUNTS)
        origin = PushOrigin.objects.create(origin="https://push.example")
        cursor.execute(DEVICES, [origin.pk, vapid_key_id(settings.VAPID_PUBLIC_KEY)])
    _staff(cast)
    return cast


def _school(cast, number):
    """One school: its row, how many students, and what the files call them."""
    n = min(A_SCHOOL, cast.n_students - number * A_SCHOOL)
    made = factories.school(cast.city, code=f"C{number:012d}", name=f"計測{number}中学校(架空)")
    return SimpleNamespace(number=number, school=made, n=n, people=[])


def _known_class(cast):
    """The first class of the first school: students with accounts; the first has a guardian."""
    first = cast.schools[0]
    cast.school_class = factories.school_class(first.school, "1年1組")
    cast.students = [
        factories.student(cast.school_class, f"生徒{n}", number=n + 1, local_code=f"1{n:06d}")
        for n in range(min(A_CLASS, first.n))
    ]
    cast.student = cast.students[0]
    cast.guardian = factories.guardian(cast.student)
    for purpose in PURPOSES:
        factories.make_effective(cast.student, purpose)
    first.people += [(one.local_code, one.pk, one.master_id) for one in cast.students]
    _keys(cast, first.people[1:])


def _others(cast, each):
    """The other students of a school, in classes of 33."""
    n_classes, begun = 0, len(each.people)
    rows, at = [], None
    for number in range(begun, each.n):
        if (number - begun) % A_CLASS == 0:
            n_classes += 1
            at = factories.school_class(each.school, f"{1 + n_classes % 3}年{n_classes}組")
        code, pk, master = f"1{number:06d}", uuid.uuid4(), uuid.uuid4()
        each.people.append((code, pk, master))
        rows.append(
            (pk, cast.city.pk, each.school.pk, str(master), master, code, "計測", code,
             "ケイソク", "ヨウ", "J1", at.pk, number % A_CLASS + 1)
        )  # fmt: skip
    linkage_seed.copy(f"people_student ({linkage_seed.STUDENT})", rows)
    _keys(cast, each.people[begun:])


def _keys(cast, people):
    for purpose in PURPOSES:
        keys = linkage_seed.keys(cast.city, people, purpose)
        linkage_seed.copy(f"vault_subjectkey ({linkage_seed.KEY})", keys)


def _staff(cast):
    roles = {
        "homeroom": {"at": cast.school, "in_class": cast.school_class},
        "nurse": {"at": cast.school},
        "counsellor": {"at": cast.school},
        "principal": {"at": cast.school},
        "privacy": {"of": cast.city},
    }
    for name, where in roles.items():
        setattr(cast, name, factories.staff_post(Role[name.upper()], name=name, **where))
    cast.desk, cast.second = (
        factories.staff_post(Role.CITY, of=cast.city, name=name) for name in ("one", "another")
    )
    cast.duty = factories.duty_roster(cast)
