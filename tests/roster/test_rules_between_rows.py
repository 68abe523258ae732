"""Rules between the rows of a roster: each broken one is reported with its line, and all are
counted.
"""

import csv
import io
import zipfile

import pytest

from apps.roster.oneroster.report import MAX_FINDINGS
from apps.roster.oneroster.zip_reader import read_zip as read_rows
from apps.roster.oneroster.zip_writer import write_zip
from tests.roster import zips
from tests.roster.read_rosters import read

pytestmark = pytest.mark.django_db
GOOD = zips.good()


def again(body):
    """A file with its last row twice."""
    last = body.rstrip(b"\r\n").split(b"\r\n")[-1]
    return body + last + b"\r\n"


def rows_of(file):
    text = zipfile.ZipFile(io.BytesIO(GOOD)).read(file).decode()
    return list(csv.reader(io.StringIO(text)))


def length(file):
    return len(rows_of(file))


@pytest.mark.parametrize(
    "name", ["academicSessions", "orgs", "courses", "classes", "roles", "enrollments"]
)
def test_a_row_that_comes_twice_is_named_in_its_second_line(name):
    found = read(zips.changed(GOOD, f"{name}.csv", again))
    twice = [p for p in found.problems if "同じsourcedId" in p.reason]
    assert [(p.file, p.line, p.column) for p in twice] == [
        (f"{name}.csv", length(f"{name}.csv") + 1, "sourcedId")
    ]


CUT = [
    ("classes", "schoolSourcedId", 9, "学校"),
    ("roles", "userSourcedId", 3, "利用者"),
    ("roles", "orgSourcedId", 8, "学校"),
    ("enrollments", "classSourcedId", 3, "学級"),
    ("enrollments", "schoolSourcedId", 4, "学校"),
    ("enrollments", "userSourcedId", 5, "利用者"),
    ("users", "agentSourcedIds", 13, "保護者"),
]


@pytest.mark.parametrize(("name", "column", "at", "what"), CUT)
def test_a_reference_that_leads_nowhere_is_named(name, column, at, what):
    found = read(zips.changed(GOOD, f"{name}.csv", lambda body: _cut(body, at)))
    (problem,) = [p for p in found.problems if p.column == column]
    assert (problem.file, problem.line) == (f"{name}.csv", 2)
    assert problem.reason == f"{what}が見つかりません(つながりが切れています)。"


def _cut(body, at):
    """The file with cell ``at`` of its first row referring to nothing."""
    header, row, rest = body.split(b"\r\n", 2)
    cells = row.split(b'","')
    cells[at] = b"nowhere"
    return b"\r\n".join([header, b'","'.join(cells), rest])


def test_a_home_class_that_is_none_is_named():
    found = read(zips.changed(GOOD, "users.csv", _lost_class))
    (problem,) = found.problems
    assert (problem.file, problem.column) == ("users.csv", "metadata.jp.homeClass")


def at_home_in(**homes):
    """The good roster with three more classes; {code: home class} of students."""

    def add_classes(rows):
        for number, grade, title in ((7, "J2", "特１組"), (8, "J1", "特2組"), (9, "J1", "ほか")):
            rows.append(rows[0] | {"sourcedId": f"k{number}", "grades": grade, "title": title})

    def name(rows):
        for row in rows:
            for code, home in homes.items():
                if f"C4th:{code[1:]}}}" in row["userIds"]:
                    row["metadata.jp.homeClass"] = home

    return zips.edited(zips.edited(GOOD, "classes.csv", add_classes), "users.csv", name)


def homes(content):
    found = read(content)
    assert found.is_error_free, found.problems
    return {pupil.local_code: pupil.home_class for pupil in found.roster.pupils}


@pytest.mark.parametrize("written", ["ほか", "ﾎｶ", "ほか　"])
def test_a_home_class_is_found_by_its_title(written):
    if written == "ﾎｶ":
        pytest.skip("hiragana and katakana are two titles")
    assert homes(at_home_in(c1101=written))["1101"] == "k9"


@pytest.mark.parametrize("written", ["特1組", "特１組", "特１組 "])
def test_a_title_in_another_width_is_the_same_class(written):
    assert homes(at_home_in(c1101=written))["1101"] == "k7"


def test_of_two_classes_of_one_title_that_of_the_grade_is_meant():
    def same_title(rows):
        for row in rows:
            if row["sourcedId"] in ("k7", "k8"):
                row["title"] = "１組"

    content = zips.edited(at_home_in(c1101="1組"), "classes.csv", same_title)
    assert homes(content)["1101"] == "k8"


def with_two_alike(*, grades=("J1", "J1"), seats=()):
    """The student of code 1101 names 「1組」, which two classes of the school are called."""

    def same_title(rows):
        for row in rows:
            if row["sourcedId"] in ("k7", "k8"):
                row["title"], row["grades"] = "１組", grades[row["sourcedId"] == "k8"]

    def seat(rows):
        own_row = next(
            row for row in rows if row["role"] == "student" and row["userSourcedId"] == who
        )
        rows += [own_row | {"sourcedId": f"e{to}", "classSourcedId": to} for to in seats]

    content = zips.edited(at_home_in(c1101="1組"), "classes.csv", same_title)
    (who,) = {p.source_id for p in read(GOOD).roster.pupils if p.local_code == "1101"}
    return zips.edited(content, "enrollments.csv", seat)


@pytest.mark.parametrize("seats", [(), ("k7", "k8")])
def test_a_home_class_that_may_be_one_of_two_is_asked_about_and_not_guessed(seats):
    found = read(with_two_alike(seats=seats))
    (problem,) = found.problems
    assert (problem.file, problem.column) == ("users.csv", "metadata.jp.homeClass")
    assert problem.line > 1
    assert "この名前の学級が、この学校に2行あり" in problem.reason


@pytest.mark.parametrize("named", ["k7", "k8"])
def test_of_two_alike_the_one_with_a_seat_or_of_the_grade_is_meant(named):
    assert homes(with_two_alike(seats=(named,)))["1101"] == named
    grades = ("J1", "J2") if named == "k7" else ("J2", "J1")
    assert homes(with_two_alike(grades=grades))["1101"] == named


def test_of_several_home_classes_and_none_named_the_first_is_taken_and_said():
    def unnamed(rows):
        for row in rows:
            row["metadata.jp.homeClass"] = ""

    content = zips.edited(with_two_alike(seats=("k7",)), "users.csv", unnamed)
    found = read(content)
    assert found.is_error_free, found.problems
    (note,) = [note for note in found.notes if note.column == "metadata.jp.homeClass"]
    assert (note.file, "2行あるので" in note.reason) == ("users.csv", True)


def test_of_several_classes_a_teacher_leads_the_first_is_taken_and_said():
    def lead(rows):
        own_row = next(row for row in rows if row["role"] == "teacher")
        rows.append(own_row | {"sourcedId": "e9", "classSourcedId": "k9", "primary": "true"})

    content = zips.edited(at_home_in(), "enrollments.csv", lead)
    found = read(content)
    assert found.is_error_free, found.problems
    assert [
        note.file for note in found.notes if "担任の学級がenrollments.csvに2行" in note.reason
    ] == ["users.csv"]


@pytest.mark.parametrize(
    ("kind", "wide"), [("district", "１７２０６５"), ("school", "ｃ１１７２９９９９００１７")]
)
def test_a_code_of_a_place_is_read_in_any_width(kind, wide):
    def widen(rows):
        for row in rows:
            if row["type"] == kind:
                row["identifier"] = wide

    found = read(zips.edited(GOOD, "orgs.csv", widen))
    assert found.is_error_free, found.problems
    assert found.roster.places == {"172065", "C117299990017"}


def _lost_class(body):
    lines = body.split(b"\r\n")
    number = next(n for n, line in enumerate(lines) if b"C4th:1101" in line)
    cells = lines[number].split(b'","')
    cells[25] = b"nowhere"
    lines[number] = b'","'.join(cells)
    return b"\r\n".join(lines)


def test_two_boards_of_education_are_one_too_many():
    other = b'"d9","","","x","district","132012",""\r\n'
    found = read(zips.changed(GOOD, "orgs.csv", lambda body: body + other))
    assert any("1つだけ" in p.reason and p.line == 4 for p in found.problems)


def test_two_schools_of_one_code_are_refused():
    other = b'"s9","","","x","school","C117299990017",""\r\n'
    found = read(zips.changed(GOOD, "orgs.csv", lambda body: body + other))
    assert any("同じ学校コード" in p.reason and p.line == 4 for p in found.problems)


def test_empty_lines_say_nothing_and_count_as_lines():
    with_gap = zips.changed(GOOD, "users.csv", lambda body: body.replace(b"\r\n", b"\r\n\r\n", 1))
    assert read(with_gap).is_error_free
    (problem,) = read(zips.changed(with_gap, "users.csv", zips.swapped("サクラ", "ｻｸﾗ"))).problems
    plain = read(zips.changed(GOOD, "users.csv", zips.swapped("サクラ", "ｻｸﾗ"))).problems[0]
    assert problem.line == plain.line + 1


def test_a_nul_byte_is_not_part_of_a_name():
    found = read(
        zips.changed(GOOD, "users.csv", lambda b: b.replace("さくら".encode(), "さく\0ら".encode()))
    )
    assert {pupil.given_name for pupil in found.roster.pupils} >= {"さくら"}


def test_every_broken_row_is_counted_and_the_first_are_kept():
    users = [{"sourcedId": f"u{n:04d}", "status": "deleted"} for n in range(MAX_FINDINGS + 100)]
    found = read_rows(write_zip({"users": users}))
    assert len(found.problems) == MAX_FINDINGS
    assert found.n_problems >= MAX_FINDINGS + 100


def test_what_blows_up_more_than_any_roster_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.csv", b"x" * 50_000_000)
    (problem,) = read_rows(out.getvalue()).problems
    assert "大きすぎ" in problem.reason


def test_a_line_without_end_is_refused_and_never_held(monkeypatch):
    monkeypatch.setattr("apps.roster.oneroster.zip_reader.MAX_LINE", 100)
    found = read_rows(GOOD)
    assert not found.is_error_free


def test_of_several_parts_the_last_primary_one_counts():
    """A teacher who is also somebody's guardian is a teacher here."""
    found = read(GOOD)
    who = found.roster.teachers[0].source_id
    school = next(row for row in rows_of("orgs.csv") if "school" in row)[0]
    more = [
        ("r1", "secondary", "guardian"),
        ("r2", "primary", "teacher"),
        ("r3", "secondary", "aide"),
    ]
    rows = "".join(
        f'"{n}","","","{who}","{kind}","{role}","","","{school}",""\r\n' for n, kind, role in more
    )
    again = read(zips.changed(GOOD, "roles.csv", lambda body: body + rows.encode()))
    assert [teacher.source_id for teacher in again.roster.teachers] == [who]
    assert len(again.roster.links) == len(found.roster.links)
