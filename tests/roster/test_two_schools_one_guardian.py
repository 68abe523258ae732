"""A guardian with children at two schools, whose systems number adults differently."""

from dataclasses import replace
from uuid import uuid4

import pytest

from apps.core.clock import today
from apps.core.school_years import school_year_of
from apps.people.models import Guardian, Guardianship
from apps.roster.services import import_conditions, imports
from kaga_portal.demo import invented_people, roster_zip

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-11-28T09:00:00+09:00")]


def invented(seed):
    school = invented_people.invent_school(seed, school_year_of(today()))
    del school.pupils[6:]
    del school.classes[1:]
    return school


def with_guardian(school, adult, number=0):
    """The school whose student of this number has this one guardian."""
    school.pupils[number] = replace(school.pupils[number], guardians=(adult,))
    return school


def zip_of(school, code):
    return roster_zip.write_roster_zip(
        school, school_name=f"みほん{code[-4:]}中学校(架空)", school_code=code,
        district_name="加賀市(架空)", district_code="172065",
    )  # fmt: skip


def take_in(content):
    """Import without answers; returns the counts of guardians and of guardianships."""
    checked = imports.check_roster(content, "r.zip", by=None)
    assert imports.preview_import(checked).questions == []
    report = imports.import_roster(
        checked, by=None, approval=import_conditions.ImportApproval(True, True, {})
    ).report
    return report["counts"]["guardians"], report["counts"]["links"]


@pytest.fixture
def schools():
    """Two schools; the second knows a guardian of the first under another number."""
    one, two = invented("one"), invented("two")
    adult = one.pupils[0].guardians[0]
    return one, with_guardian(two, replace(adult, source_id=uuid4()))


def nothing_written(counts):
    return all(kind["new"] == kind["changed"] == kind["gone"] == 0 for kind in counts)


def zips_of(schools):
    return [zip_of(school, f"C11729999001{n}") for n, school in enumerate(schools)]


def test_rosters_of_two_schools_imported_in_turn_write_nothing_the_second_time(schools):
    zips = zips_of(schools)
    for content in zips:
        take_in(content)
    before = list(Guardian.objects.order_by("pk").values())
    assert [nothing_written(take_in(content)) for content in [*zips, *zips]] == [True] * 4
    assert list(Guardian.objects.order_by("pk").values()) == before


def test_one_guardian_of_two_schools_is_one_person_with_both_children(schools):
    for content in zips_of(schools):
        take_in(content)
    master = schools[0].pupils[0].guardians[0].master_id
    (adult,) = Guardian.objects.filter(master_id=master)
    guardianships = Guardianship.objects.current().filter(guardian=adult)
    assert guardianships.values("student__school").distinct().count() == 2


def test_a_number_that_both_schools_gave_to_different_adults_asks_nothing(schools):
    """The second school's next guardian has the number that the first gave to the shared one."""
    one, two = schools
    source_id = one.pupils[0].guardians[0].source_id
    other = two.pupils[1].guardians[0]
    with_guardian(two, replace(other, source_id=source_id), number=1)
    zips = zips_of(schools)
    for content in zips:
        take_in(content)
    assert [nothing_written(take_in(content)) for content in [*zips, *zips]] == [True] * 4


def test_a_guardian_of_one_school_takes_the_new_number(schools):
    one, _ = schools
    take_in(zip_of(one, "C117299990010"))
    number = uuid4()
    with_guardian(one, replace(one.pupils[0].guardians[0], source_id=number))
    take_in(zip_of(one, "C117299990010"))
    assert Guardian.objects.filter(source_id=str(number)).count() == 1
