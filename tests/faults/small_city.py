"""The invented school of a fault run, and the roles in it."""

from dataclasses import dataclass
from functools import partial

import requests
from django.conf import settings
from django.db import transaction
from django.test import Client

from apps.checkins.services.submissions import is_offered
from apps.consent.models import Purpose
from apps.consent.services.purpose_status import is_effective
from apps.helpline.models import DutyRoster
from apps.linkage.models import DataSource, SourceKind
from apps.people.models import Student, User
from apps.push.services import broadcasts as push
from kaga_portal.demo import builder, invented_people, roster_zip, school_days, sign_ins
from tests import factories
from tests.faults.simulated_users import Person

DAYS = 12
N_WITH_DEVICES = 6  # students with a device


@dataclass
class SmallCity:
    """Who acts in a fault run."""

    students: list  # Persons whose check-ins everybody agreed to
    guardians: list  # Persons; each with one child, ``child``
    officer: Person
    officer_user: User
    with_devices: list  # Persons with a device
    source: DataSource
    invented: invented_people.InventedSchool


def build_small_city(port, tally, say) -> SmallCity:
    """Build a small school with the demo's functions; staff are on duty at any hour."""
    invented_people.CLASSES_A_GRADE, invented_people.STUDENTS_A_CLASS = 1, 8
    school_days.school_days = partial(school_days.school_days, days=DAYS)
    builder.build_demo(say=say)
    _always_on_duty()
    students = list(Student.objects.select_related("user").order_by("local_code"))
    able = [s for s in students if is_offered(s)]
    officer = User.objects.get(email=sign_ins.STAFF_EMAILS["city"])
    enter = partial(_person, port, tally)
    city = SmallCity(
        students=[enter(s.user, s) for s in able],
        guardians=[enter(*each) for each in _guardians(students[8:])],
        officer=enter(officer, None),
        officer_user=officer,
        with_devices=[],
        source=DataSource.objects.get(kind=SourceKind.SCHOOL_FILES),
        invented=invented_people.invent_school(settings.DEMO_SEED, builder.current_school_year()),
    )
    city.with_devices = city.students[:N_WITH_DEVICES]
    for person in city.with_devices:
        _device(person.row.user)
    return city


def _person(port, tally, user, row):
    client = Client()
    factories.force_sign_in(client, user)
    return Person(port, tally, client.session.session_key, settings.SESSION_COOKIE_NAME, row)


@transaction.atomic
def _always_on_duty():
    roster = DutyRoster.objects.get()
    roster.hours.all().delete()
    for weekday in range(7):
        roster.hours.create(weekday=weekday, opens_at="00:00", closes_at="23:59:59")


def _guardians(students):
    """(account, guardian) of those whose child's attendance may be linked now."""
    for student in students:
        if not is_effective(student, Purpose.ATTENDANCE):
            continue
        guardian = student.guardianships.current().first().guardian
        if guardian.user_id:
            guardian.child = student
            yield guardian.user, guardian


def _device(user):
    subscription = requests.post(f"{settings.PUSH_SANDBOX_ORIGIN}/subscriptions", timeout=10).json()
    keys = subscription["keys"]
    if not user.push_subscriptions.exists():
        push.subscribe(user, subscription["endpoint"], keys["p256dh"], keys["auth"], device="端末")


def roster(invented) -> tuple[str, bytes]:
    """(file name, zip) of the roster."""
    content = roster_zip.write_roster_zip(
        invented, school_name=invented_people.SCHOOL_NAME, school_code=invented_people.SCHOOL_CODE,
        district_name=invented_people.MUNICIPALITY_NAME, district_code=invented_people.MUNICIPALITY_CODE,
    )  # fmt: skip
    return f"RO_{invented.school_year}0401_{invented_people.SCHOOL_CODE}.zip", content
