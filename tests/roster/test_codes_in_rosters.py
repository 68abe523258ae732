"""A 管理コード is normalised: a roster in which two children would share one is refused by line."""

from apps.people.models import Student
from apps.roster.models import ImportState
from apps.roster.services import imports
from tests.roster import zips
from tests.roster.inputs import zip_of
from tests.roster.read_rosters import read


def with_codes(*codes):
    """A good roster whose first students have these codes."""
    content = zips.good()
    for number, code in enumerate(codes, start=1):
        content = zips.changed(
            content, "users.csv", zips.swapped(f"C4th:110{number}", f"C4th:{code}")
        )
    return content


def problems_of(content):
    return [(p.file, p.line, p.column, p.reason) for p in read(content).problems]


def test_codes_that_differ_only_in_width_or_zeros_are_refused_with_both_lines(db):
    roster_import = imports.check_and_import_roster(
        zip_of("attendance-code-width-and-zeros", "roster.zip"), "r.zip", by=None
    )
    assert roster_import.state == ImportState.REFUSED
    found = {(p["line"], p["column"]): p["reason"] for p in roster_import.report["problems"]}
    assert set(found) == {(3, "userIds"), (5, "userIds")}
    assert "2行め" in found[3, "userIds"]
    assert "全角と半角" in found[3, "userIds"]
    assert "4行め" in found[5, "userIds"]
    assert "先頭の0" in found[5, "userIds"]
    assert not Student.objects.exists()


def test_codes_that_differ_only_in_case_are_refused(db):
    ((file, _, column, reason),) = problems_of(with_codes("a01", "A01"))
    assert (file, column) == ("users.csv", "userIds")
    assert "大文字と小文字" in reason


def test_a_code_of_full_width_is_kept_as_files_name_it(db):
    imports.check_and_import_roster(with_codes("Ａ０１"), "r.zip", by=None)
    assert Student.objects.filter(local_code="A01").count() == 1


def test_a_roster_in_another_width_changes_nobody(db):
    imports.check_and_import_roster(with_codes("A01"), "r.zip", by=None)
    again = imports.check_and_import_roster(with_codes("ａ０１"), "r.zip", by=None)
    assert again.report["counts"]["students"]["changed"] == 0


def test_a_code_that_grows_too_long_in_one_width_is_a_problem_of_its_row(db):
    ((file, line, column, reason),) = problems_of(with_codes("㍿" * 20))
    assert (file, column) == ("users.csv", "userIds")
    assert line > 1
    assert "長すぎ" in reason


def test_codes_of_letters_may_begin_with_zeros(db):
    assert read(with_codes("0A1", "A1")).is_error_free
