"""Rosters of one school, year after year: who leaves, who returns, what must not be lost."""

from datetime import date

import pytest

from apps.people.models import Guardianship, StaffPost, Student
from apps.roster.services import import_conditions, imports
from tests import factories
from tests.roster import import_rosters, zips
from tests.roster.read_rosters import read


def take_in(content, **more):
    checked = imports.check_roster(content, "r.zip", by=None)
    return imports.import_roster(
        checked, by=None, approval=import_conditions.ImportApproval(**more)
    )


def without(content, *source_ids):
    """The roster without these people in every file, and without references to them."""
    for file in ("users.csv", "roles.csv", "enrollments.csv"):
        content = zips.changed(content, file, lambda body: _drop(body, source_ids))
    return content


def _drop(body, source_ids):
    """Without the rows of these people (their own, and their first reference in a row)."""
    rosters = []
    for line in body.decode().split("\r\n"):
        cells = line.split('","')
        about = {cells[0].strip('"'), *cells[3:6]}
        if about.isdisjoint(source_ids):
            for source_id in source_ids:
                line = (
                    line.replace(f"{source_id},", "")
                    .replace(f",{source_id}", "")
                    .replace(source_id, "")
                )
            rosters.append(line)
    return "\r\n".join(rosters).encode()


@pytest.fixture
def imported(db):
    take_in(zips.good())


def test_a_guardian_who_vanishes_from_the_roster_loses_the_child(imported):
    link = Guardianship.objects.current().order_by("pk").first()
    link.guardian.user = factories.user("gone@example.com")
    link.guardian.save()
    take_in(without(zips.good(), link.guardian.source_id), allow_many_gone=True)
    link.refresh_from_db()
    assert link.ended_at is not None


def test_when_most_guardianships_would_vanish_it_stops(imported):
    guardians = list(Guardianship.objects.current().values_list("guardian__source_id", flat=True))
    with pytest.raises(imports.CannotImport, match="続柄"):
        take_in(without(zips.good(), *guardians[:-1]))
    assert Guardianship.objects.current().count() == len(guardians)


def test_a_teacher_who_comes_back_has_the_post_again(imported):
    teacher = StaffPost.objects.get()
    take_in(without(zips.good(), teacher.source_id))
    teacher.refresh_from_db()
    assert teacher.ends_on is not None
    take_in(zips.good())
    teacher.refresh_from_db()
    assert teacher.ends_on is None


def test_a_code_of_somebody_who_left_may_be_given_again(imported):
    first = Student.objects.get(local_code="1101")
    gone = without(zips.good(), first.source_id)
    import_rosters.take_in(zips.changed(gone, "users.csv", zips.swapped("C4th:1102", "C4th:1101")))
    assert Student.objects.enrolled().get(local_code="1101").pk != first.pk


def test_two_students_with_one_code_are_refused(db):
    twice = read(zips.changed(zips.good(), "users.csv", zips.swapped("C4th:1102", "C4th:1101")))
    assert any("管理コード" in problem.reason for problem in twice.problems)


def test_a_role_at_the_board_of_education_is_passed_over(db):
    district = next(iter(_orgs(zips.good())))
    school = _orgs(zips.good())[1]
    moved = zips.changed(
        zips.good(),
        "roles.csv",
        zips.swapped(f'"teacher","","","{school}"', f'"teacher","","","{district}"'),
    )
    assert read(moved).is_error_free


def _orgs(content):
    import io  # noqa: PLC0415
    import zipfile  # noqa: PLC0415

    text = zipfile.ZipFile(io.BytesIO(content)).read("orgs.csv").decode()
    return [line.split('"')[1] for line in text.split("\r\n")[1:3]]


def test_a_name_too_long_is_a_problem_not_a_crash(db):
    long = read(zips.changed(zips.good(), "users.csv", zips.swapped("さくら", "さ" * 61, 2)))
    assert any("長すぎ" in problem.reason for problem in long.problems)


# -- the month of birth ----------------------------------------------------------------------------


def with_births(content, births):
    """The roster with a demographics file that says these birth dates ({user: text})."""
    rows = "".join(f'"{who}","","","{born}","female"\r\n' for who, born in births.items())
    text = '"sourcedId","status","dateLastModified","birthDate","sex"\r\n' + rows
    content = zips.changed(
        content, "manifest.csv", zips.swapped('demographics","absent', 'demographics","bulk')
    )
    return zips.added(content, "demographics.csv", text.encode())


def test_of_a_birth_date_only_the_month_is_kept(imported):
    student = Student.objects.first()
    take_in(with_births(zips.good(), {student.source_id: "2010-12-24"}))
    student.refresh_from_db()
    assert student.birth_month == date(2010, 12, 1)


def test_a_later_roster_without_it_does_not_take_the_month_away(imported):
    student = Student.objects.first()
    take_in(with_births(zips.good(), {student.source_id: "2010-12-24"}))
    take_in(zips.good())
    student.refresh_from_db()
    assert student.birth_month == date(2010, 12, 1)


def test_a_birth_date_nobody_can_read_is_said_and_skipped(imported):
    student = Student.objects.first()
    checked = read(with_births(zips.good(), {student.source_id: "平成22年12月24日"}))
    assert checked.is_error_free
    assert [(note.file, note.line) for note in checked.notes if note.column == "birthDate"] == [
        ("demographics.csv", 2)
    ]
