"""Before a roster is imported, a school reads in its own words what would change."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.core.clock import today
from apps.core.school_years import school_year_of
from apps.people.models import Guardian, Guardianship, Role, SchoolClass, StaffPost, Student, User
from apps.roster import words
from apps.roster.models import RosterImport
from apps.roster.services import imports
from apps.signin.services import cards
from tests import factories, file_workers
from tests.roster import zips


def check(content):
    return imports.check_roster(content, "r.zip", by=None)


def described(content):
    """{label: (how many, the lines)} of what this roster would change."""
    plan = imports.preview_import(check(content))
    return {
        described.label: (described.n, described.lines)
        for described in words.describe_changes(plan)
    }


@pytest.fixture
def imported(db):
    imports.import_roster(check(zips.good()), by=None)


def next_year(content, grade="J2"):
    """The same people a year later, all one grade up in a class of the new year."""
    now = school_year_of(today())
    content = zips.changed(
        content, "academicSessions.csv", zips.swapped(f"{now}年度", f"{now + 1}年度")
    )
    content = zips.changed(content, "users.csv", zips.swapped('"J1"', f'"{grade}"', 99))
    content = zips.changed(content, "classes.csv", zips.swapped('"J1"', f'"{grade}"', 99))
    return zips.changed(content, "classes.csv", zips.swapped("1年1組", "2年1組", 9))


def test_an_unchanged_roster_tells_nothing(imported):
    assert described(zips.good()) == {}


def test_everybody_of_a_first_roster_is_new(db):
    found = described(zips.good())
    assert found["転入"][0] == 6
    assert ("1年1組", "さくら") in [(c, name.split()[1]) for c, name, _ in found["転入"][1]]
    assert set(found) == {"転入", "保護者が ふえた"}


def test_who_is_missing_within_the_year_moves_away(imported):
    gone = Student.objects.order_by("attendance_number").last()
    assert described(zips.good(keep=5))["転出"] == (1, [("1年1組", gone.full_name, "")])


def test_who_returns_is_new_again(imported):
    imports.import_roster(check(zips.good(keep=5)), by=None)
    number, ((_, _, what),) = described(zips.good())["転入"]
    assert (number, what) == (1, "もどりました")


def test_a_new_year_is_a_grade_up_and_not_a_change_of_class(imported):
    found = described(next_year(zips.good()))
    assert set(found) == {"進級"}
    number, lines = found["進級"]
    assert number == 6
    assert {(c, what) for c, _, what in lines} == {("2年1組", "J1 → J2")}


def test_who_is_missing_after_the_last_grade_has_finished_school(imported):
    Student.objects.filter(attendance_number__gte=5).update(grade="J3")
    found = described(next_year(zips.good(keep=4)))
    assert found["卒業"][0] == 2
    assert "転出" not in found


def test_the_last_grade_within_the_year_does_not_finish(imported):
    Student.objects.update(grade="J3")
    assert "卒業" not in described(zips.good(keep=5))


def test_another_class_in_the_same_grade_is_a_change_of_class(imported):
    other = SchoolClass.objects.get()
    sakura = Student.objects.get(given_name="さくら")
    sakura.home_class = SchoolClass.objects.create(
        municipality=other.municipality, school=other.school, source_id="x", school_year=other.school_year,
        grade="J1", title="1年9組",
    )  # fmt: skip
    sakura.save()
    assert described(zips.good())["クラス替え"] == (
        1, [("1年1組", sakura.full_name, "1年9組 → 1年1組")]
    )  # fmt: skip


def test_a_changed_name_is_told_with_the_new_one(imported):
    number, lines = described(
        zips.changed(zips.good(), "users.csv", zips.swapped("さくら", "桜", 2))
    )["名前の 変更"]
    assert number == 1
    assert lines[0][2].endswith("桜")


def test_a_guardian_more_or_less_is_told_by_the_student(imported):
    link = Guardianship.objects.current().order_by("pk").first()
    link.delete()
    assert described(zips.good())["保護者が ふえた"] == (
        1, [("1年1組", link.student.full_name, str(link.guardian))]
    )  # fmt: skip
    Guardianship.objects.create(
        municipality=link.municipality, guardian=link.guardian, student=_another(link)
    )
    assert described(zips.good())["保護者が へった"][0] == 1


def _another(link):
    return Student.objects.exclude(pk=link.student_id).first()


def test_lines_have_an_end_and_counts_do_not(db):
    (first, *_) = words.describe_changes(imports.preview_import(check(zips.good())), limit=2)
    assert (first.n, len(first.lines)) == (6, 2)


def test_leaving_deletes_no_account_and_no_row(imported):
    sakura = Student.objects.get(given_name="さくら")
    cards.issue_cards([sakura], by=None)
    accounts, rows = User.objects.count(), Student.objects.count()
    last = Student.objects.order_by("attendance_number").last()
    imports.import_roster(check(zips.good(keep=5)), by=None)
    last.refresh_from_db()
    assert last.left_at is not None
    assert (User.objects.count(), Student.objects.count()) == (accounts, rows)


def test_the_page_of_the_check_tells_counts_then_names(db, sign_in):
    desk = sign_in(factories.staff_post(Role.CITY, of=factories.municipality()).user)
    sent = SimpleUploadedFile("RO.zip", zips.good())
    page = file_workers.send(desk, reverse("admin:roster_upload"), {"zip": sent})
    text = page.content.decode()
    assert re.search(r"<dt>転入</dt><dd>6</dd>", text)
    assert text.index("<dt>転入</dt>") < text.index("さくら")
    assert RosterImport.objects.count() == 1


def test_a_guardian_whose_name_changes_is_told_by_name(imported):
    guardian = Guardian.objects.first()
    content = zips.renamed(zips.good(), guardian.source_id, family="別姓", family_kana="ベッセイ")
    assert described(content) == {
        "保護者の 名前の 変更": (
            1, [("保護者", str(guardian), f"→ 別姓 {guardian.given_name}")]
        )
    }  # fmt: skip


def test_a_teacher_whose_name_changes_is_told_by_name(imported):
    post = StaffPost.objects.get()
    found = described(zips.renamed(zips.good(), post.source_id, family="別姓"))
    ((title, name, what),) = found["教員の 名前の 変更"][1]
    assert (title, name) == ("教員", post.name)
    assert what.startswith("→ 別姓")
    assert len(found) == 1
