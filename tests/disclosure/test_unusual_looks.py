"""The privacy officer learns each week of looks outside the duty pattern, and of no child."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from apps.audit.models import Action, AuditEvent, EventReason
from apps.core.clock import JST
from apps.disclosure.models import UnusualLook
from apps.disclosure.services import unusual_looks
from apps.disclosure.unusual_look_rules import (
    COLLEAGUE,
    MANY,
    MANY_STUDENTS,
    OFF_HOURS,
    FoundLooks,
    Look,
)
from apps.disclosure.unusual_look_rules import (
    unusual_looks as found_in,
)
from apps.people.models import FamilyTie, Role, StaffConflict, StaffPost
from tests import factories

TUESDAY = date(2026, 11, 24)
ONE, OTHER = uuid4(), uuid4()


def at(hour, day=TUESDAY):
    return datetime(day.year, day.month, day.day, hour, 30, tzinfo=JST)


def looks(n, hour=10, person=ONE, day=TUESDAY):
    return [Look(person, uuid4(), at(hour, day)) for _ in range(n)]


def found(rows, own_class=None, of_staff=None):
    return found_in(rows, own_class=own_class or {}, of_staff=of_staff or {})


# -- what stands out ------------------------------------------------------------------------------


def test_a_usual_day_is_no_news():
    assert found(looks(MANY_STUDENTS - 1) + looks(MANY_STUDENTS - 1, person=OTHER)) == []


def test_many_students_of_other_classes_in_a_day():
    rows = looks(MANY_STUDENTS)
    assert found(rows) == [FoundLooks(ONE, TUESDAY, MANY, MANY_STUDENTS)]
    assert found(rows * 2) == found(rows)
    assert found(rows, own_class={ONE: {row.student for row in rows}}) == []


@pytest.mark.parametrize(
    ("hour", "day", "is_found"),
    [(5, 0, True), (6, 0, False), (20, 0, False), (21, 0, True), (10, 4, True), (10, -1, True)],
)
def test_at_night_on_days_off_and_on_holidays(hour, day, is_found):
    """The Saturday after, and the holiday before (勤労感謝の日)."""
    on = TUESDAY + timedelta(days=day)
    expected = [FoundLooks(ONE, on, OFF_HOURS, 2)] if is_found else []
    assert found(looks(2, hour=hour, day=on)) == expected


def test_a_colleagues_child_but_not_of_the_own_class_and_not_the_own_child():
    (row,) = looks(1)
    assert found([row], of_staff={row.student: {OTHER}}) == [FoundLooks(ONE, TUESDAY, COLLEAGUE, 1)]
    assert found([row], of_staff={row.student: {ONE}}) == []
    assert found([row], {ONE: {row.student}}, {row.student: {OTHER}}) == []


# -- from the record, and who reads it ------------------------------------------------------------


def look(cast, post, student, when):
    AuditEvent.objects.create(
        at=when, municipality_id=cast.city.pk, actor=post.user, actor_role=post.role,
        action=Action.SEALED_OPENED, subject_id=student.pk, thing="checkins.CheckIn",
        purpose="checkin_review", reason_code=EventReason.MEETING,
    )  # fmt: skip


@pytest.fixture
def week(cast):
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    StaffConflict.objects.create(
        municipality=cast.city, student=cast.ren, person=cast.counsellor.user,
        tie=FamilyTie.values[0], set_by=cast.principal.user, set_role="principal", set_at=at(8),
    )  # fmt: skip
    look(cast, cast.nurse, cast.sakura, at(22))
    look(cast, cast.nurse, cast.ren, at(10))
    look(cast, cast.nurse, cast.sakura, at(22) - timedelta(days=30))
    StaffPost.objects.update(begins_on=TUESDAY)
    with time_machine.travel(at(4, TUESDAY + timedelta(days=6)), tick=False):
        yield cast


def test_the_last_week_is_read_once_and_forgotten_after_a_year(week):
    for _ in range(2):
        unusual_looks.find_unusual_looks()
    rows = UnusualLook.objects.order_by("kind").values_list("person", "on", "kind", "n_students")
    nurse = week.nurse.user.pk
    assert list(rows) == [(nurse, TUESDAY, COLLEAGUE, 1), (nurse, TUESDAY, OFF_HOURS, 1)]
    unusual_looks.forget_old_looks()
    assert UnusualLook.objects.count() == 2
    with time_machine.travel(at(4, TUESDAY + timedelta(days=367)), tick=False):
        unusual_looks.forget_old_looks()
    assert not UnusualLook.objects.exists()


def test_the_privacy_officer_reads_who_and_when_and_no_child(week, sign_in):
    unusual_looks.find_unusual_looks()
    url = reverse("admin:disclosure_unusuallook_changelist")
    page = sign_in(week.privacy.user).get(url).content.decode()
    for words in ("夜・早朝・休みの日", "職員の家族の子ども", week.nurse.name):
        assert words in page
    for student in (week.sakura, week.ren):
        assert student.given_name not in page
        assert str(student.pk) not in page
    for post in (week.nurse, week.principal, week.officer, week.helpdesk):
        assert sign_in(post.user).get(url).status_code in (302, 403, 404)


def test_nobody_reads_it_about_themselves(week, sign_in):
    look(week, week.privacy, week.sakura, at(23))
    unusual_looks.find_unusual_looks()
    assert (
        not unusual_looks.unusual_looks_for(week.privacy.user)
        .filter(person=week.privacy.user)
        .exists()
    )
