"""Rows a roster does not change are not written; changed rows are found in one statement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.people.models import Guardianship, Role, SchoolClass, StaffPost, Student
from apps.roster.models import ImportState, RosterPart
from apps.roster.services import import_conditions, imports
from tests import factories
from tests.roster import import_rosters, zips

TABLES = ("school", "schoolclass", "student", "guardian", "guardianship", "staffpost")


def take_in(content, **more):
    return imports.check_and_import_roster(
        content, "r.zip", by=None, approval=import_conditions.ImportApproval(**more)
    )


@pytest.fixture
def imported(db):
    take_in(zips.good())


def stamps():
    """{(table, place on disk, transaction that wrote it)} of every row of the roster."""
    found = set()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT ctid::text, xmin::text FROM people_{table}")  # noqa: S608
            found |= {(table, *row) for row in cursor.fetchall()}
    return found


def test_a_zip_is_checked_and_taken_in_at_once(db):
    roster_import = take_in(zips.good())
    assert roster_import.state == ImportState.IMPORTED
    assert roster_import.report["counts"]["students"]["new"] == Student.objects.count() == 6
    assert not RosterPart.objects.exists()


def test_the_same_again_writes_no_row(imported):
    before = stamps()
    counts = take_in(zips.good()).report["counts"]
    assert stamps() == before
    assert counts["students"] == {"new": 0, "changed": 0, "gone": 0, "unchanged": 6}


def test_only_the_student_who_differs_is_written(imported):
    before = stamps()
    take_in(zips.changed(zips.good(), "users.csv", zips.swapped("さくら", "桜", 2)))
    assert {table for table, *_ in before - stamps()} == {"student"}
    assert len(before - stamps()) == 1


def test_two_students_may_exchange_their_codes(imported):
    first, second = Student.objects.filter(local_code__in=["1101", "1102"]).order_by("local_code")
    content = zips.changed(
        zips.good(), "users.csv",
        lambda b: b.replace(b"C4th:1101", b"C4th:x").replace(b"C4th:1102", b"C4th:1101")
        .replace(b"C4th:x", b"C4th:1102"),
    )  # fmt: skip
    import_rosters.take_in(content)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.local_code, second.local_code) == ("1102", "1101")


def test_a_student_with_a_new_number_is_known_by_the_common_id(imported):
    sakura = Student.objects.get(given_name="さくら")
    guardianships = set(Guardianship.objects.current().values_list("pk", flat=True))
    content = zips.good()
    for file in ("users.csv", "roles.csv", "enrollments.csv"):
        content = zips.changed(content, file, zips.swapped(f'"{sakura.source_id}"', '"new-1"', -1))
    roster_import = take_in(content)
    assert roster_import.report["counts"]["students"] == {
        "new": 0, "changed": 1, "gone": 0, "unchanged": 5
    }  # fmt: skip
    sakura.refresh_from_db()
    assert sakura.source_id == "new-1"
    assert set(Guardianship.objects.current().values_list("pk", flat=True)) == guardianships


def test_characters_that_copy_would_misread_are_imported_unchanged(imported):
    strange = 'a\\N\\t"b" 桜'
    quoted = strange.replace('"', '""')
    take_in(zips.changed(zips.good(), "users.csv", zips.swapped("さくら", quoted, 2)))
    assert Student.objects.filter(given_name=strange).count() == 1


def test_of_two_homerooms_the_named_one_counts_with_its_own_seat(imported):
    sakura, of_class = Student.objects.get(given_name="さくら"), SchoolClass.objects.get()
    school = of_class.school.source_id
    other = f'"k9","","","特1組","J1","","","homeroom","","{school}","","","","","true"\r\n'
    seat = f'"e9","","","k9","{school}","{sakura.source_id}","student","false","","","7","true"\r\n'
    content = zips.changed(zips.good(), "classes.csv", lambda body: body + other.encode())
    content = zips.changed(content, "enrollments.csv", lambda b: _after_header(b, seat))
    take_in(content)
    sakura.refresh_from_db()
    assert (sakura.home_class, sakura.attendance_number) == (of_class, 1)
    take_in(zips.changed(content, "users.csv", lambda b: _named(b, sakura, "特1組")))
    sakura.refresh_from_db()
    assert (sakura.home_class.source_id, sakura.attendance_number) == ("k9", 7)


def _after_header(body, line):
    header, rest = body.split(b"\r\n", 1)
    return header + b"\r\n" + line.encode() + rest


def _named(body, student, title):
    """The users with this student's home class written as its title."""
    was = student.home_class.source_id.encode()
    lines = body.split(b"\r\n")
    line_numbers = [
        n for n, line in enumerate(lines) if line.startswith(f'"{student.source_id}"'.encode())
    ]
    lines[line_numbers[0]] = lines[line_numbers[0]].replace(was, title.encode())
    return b"\r\n".join(lines)


def test_a_kept_zip_lies_in_parts_and_comes_back_whole(db, monkeypatch):
    monkeypatch.setattr("apps.roster.services.stored_zips.PART_BYTES", 1000)
    content = zips.good()
    checked = imports.check_roster(content, "r.zip", by=None)
    assert checked.parts.count() == -(-len(content) // 1000)
    content_before = checked.content
    content_before.seek(0)
    assert content_before.read() == content
    imports.import_roster(checked, by=None)
    assert not RosterPart.objects.exists()


def test_what_is_forgotten_leaves_no_part(db):
    checked = imports.check_roster(zips.good(), "r.zip", by=None)
    imports.drop_import(checked, by=None)
    assert not RosterPart.objects.exists()


def test_where_many_would_vanish_the_direct_import_stops_too(imported):
    roster_import = take_in(zips.good(keep=2))
    assert (roster_import.state, roster_import.report["loses_many"]) == (ImportState.CHECKED, True)
    assert Student.objects.enrolled().count() == 6
    take_in(zips.good(keep=2), allow_many_gone=True)
    assert Student.objects.enrolled().count() == 2


def test_a_teachers_new_class_is_the_same_post(imported):
    post = StaffPost.objects.get()
    before = post.school_class
    without = zips.changed(
        zips.good(), "enrollments.csv", zips.swapped('"teacher","true"', '"teacher","false"')
    )
    take_in(without)
    post.refresh_from_db()
    assert (post.role, post.school_class) == (Role.TEACHER, None)
    take_in(zips.good())
    post.refresh_from_db()
    assert (post.role, post.school_class) == (Role.HOMEROOM, before)


def test_the_list_of_classes_asks_no_more_for_more_classes(imported, sign_in):
    of = SchoolClass.objects.get()
    desk = sign_in(factories.staff_post(Role.CITY, of=of.municipality).user)
    url = reverse("admin:people_schoolclass_changelist")
    desk.get(url)
    with CaptureQueriesContext(connection) as few:
        page = desk.get(url).content.decode()
    assert '<td class="field-n_students">6</td>' in page
    for number in range(4):
        factories.student(factories.school_class(of.school, f"2年{number}組"), with_user=False)
    with CaptureQueriesContext(connection) as many:
        desk.get(url)
    assert len(many) == len(few)


def test_a_school_with_a_new_number_is_known_by_its_code(imported):
    school = SchoolClass.objects.get().school
    content = zips.good()
    for file in ("orgs.csv", "classes.csv", "users.csv", "roles.csv", "enrollments.csv"):
        content = zips.changed(content, file, zips.swapped(school.source_id, "school-9", -1))
    counts = take_in(content).report["counts"]
    school.refresh_from_db()
    assert school.source_id == "school-9"
    assert (counts["schools"]["new"], counts["students"]["unchanged"]) == (0, 6)
