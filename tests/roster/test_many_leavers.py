"""More than one leaver and more than 5 % of a school need approval, by name."""

import pytest
from django.urls import reverse

from apps.people.models import Guardianship, School, Student
from apps.roster.models import ImportState
from apps.roster.services import import_conditions, imports
from apps.roster.services.import_conditions import FEW_LEAVERS, MAX_LEAVERS_PERCENT
from tests import factories, file_workers
from tests.roster import zips

pytestmark = pytest.mark.django_db


def take(content, **approval):
    return imports.check_and_import_roster(
        content, "r.zip", by=None, approval=import_conditions.ImportApproval(**approval)
    )


def more_students(n):
    """So many more of the imported school, whom the roster does not name."""
    school = School.objects.get()
    at = factories.school_class(school, title="べつの組")
    return [factories.student(at, f"名{number}", with_user=False) for number in range(n)]


@pytest.fixture
def imported(db):
    take(zips.good(keep=6))


def test_the_guard_is_five_percent_of_a_school():
    assert (MAX_LEAVERS_PERCENT, FEW_LEAVERS) == (5, 1)


def test_one_child_who_moves_away_is_not_asked_about(imported):
    assert take(zips.good(keep=5)).state == ImportState.IMPORTED
    assert Student.objects.enrolled().count() == 5


@pytest.mark.parametrize("n_gone", [2, 3])
def test_a_sixth_of_a_school_does_not_vanish_unasked(imported, n_gone):
    held = take(zips.good(keep=6 - n_gone))
    assert (held.state, held.report["waits_for"]) == (ImportState.CHECKED, ["many_gone"])
    assert Student.objects.enrolled().count() == 6


def test_each_school_is_counted_by_itself(imported):
    """Two of six are many, however many students the municipality has elsewhere."""
    big = factories.school(School.objects.get().municipality, code="C1", name="大きな学校")
    at = factories.school_class(big)
    for number in range(200):
        factories.student(at, f"名{number}", number=number, with_user=False)
    assert take(zips.good(keep=4)).state == ImportState.CHECKED


def test_guardianships_that_vanish_need_approval_as_well(imported):
    Guardianship.objects.all().delete()
    students = list(Student.objects.enrolled())
    for student in students[:2]:
        factories.guardian(student, email=f"{student.pk}@example.com")
    held = take(zips.good(keep=6))
    assert held.report["waits_for"] == ["many_gone"]


def test_the_page_lists_each_who_would_go_by_name(imported, sign_in):
    gone = more_students(130)
    city = factories.staff_post("city", of=School.objects.get().municipality)
    checked = imports.check_roster(zips.good(keep=6), "r.zip", by=city.user)
    compare = reverse("admin:roster_compare", args=[checked.pk])
    page = file_workers.send(sign_in(city.user), compare, {})
    text = page.content.decode()
    assert all(f">{student.family_name} {student.given_name}<" in text for student in gone)


def test_a_confirmation_is_for_those_who_were_shown_and_for_nobody_else(imported):
    checked = imports.check_roster(zips.good(keep=4), "r.zip", by=None)
    digest = imports.preview_import(checked).leavers_digest
    more_students(1)
    with pytest.raises(imports.CannotImport, match="名簿から消え"):
        imports.import_roster(checked, by=None, approval=import_conditions.ImportApproval(digest))
    now = imports.preview_import(checked).leavers_digest
    assert now != digest
    imports.import_roster(checked, by=None, approval=import_conditions.ImportApproval(now))
    assert Student.objects.enrolled().count() == 4
