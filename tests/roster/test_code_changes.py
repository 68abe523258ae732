"""A changed 管理コード of a present student is reported by student and needs approval."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.people.models import Role, School, Student
from apps.roster import words
from apps.roster.models import ImportState, RosterImport
from apps.roster.services import import_conditions, imports
from tests import factories, file_workers
from tests.roster import zips
from tests.roster.import_rosters import check, take_in
from tests.roster.inputs import zip_of

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-11-28T09:00:00+09:00")]
WORD = "管理コードの変更"


@pytest.fixture
def imported():
    take_in(zips.good())


def with_codes(codes):
    """The good roster with other codes: {present code: code, or "" for none}."""

    def edit(rows):
        for row in rows:
            for old, new in codes.items():
                if f"C4th:{old}}}" in row["userIds"]:
                    row["userIds"] = f"{{C4th:{new}}}" if new else ""
                    break

    return zips.edited(zips.good(), "users.csv", edit)


def exchanged():
    return with_codes({"1101": "1102", "1102": "1101"})


def codes():
    return dict(Student.objects.enrolled().values_list("pk", "local_code"))


def described(content):
    return {
        t.label: [what for _, _, what in t.lines]
        for t in words.describe_changes(imports.preview_import(check(content)))
    }


def test_two_codes_exchanged_wait_until_a_person_says_so(imported):
    before = codes()
    roster_import = imports.check_and_import_roster(exchanged(), "r.zip", by=None)
    assert (roster_import.state, roster_import.report["waits_for"]) == (
        ImportState.CHECKED,
        ["code_changes"],
    )
    with pytest.raises(imports.CannotImport, match="2人の管理コードが変わります"):
        imports.import_roster(check(exchanged()), by=None)
    assert codes() == before
    take_in(exchanged())
    assert codes() != before


def test_each_student_whose_code_moves_has_a_line(imported):
    assert described(exchanged()) == {WORD: ["1101 → 1102", "1102 → 1101"]}


@pytest.mark.parametrize(("new", "line"), [("1999", "1101 → 1999"), ("", "1101 → なし")])
def test_another_code_or_none_is_told_and_asked_about(imported, new, line):
    content = with_codes({"1101": new})
    assert described(content) == {WORD: [line]}
    with pytest.raises(imports.CannotImport, match="1人の管理コード"):
        imports.import_roster(check(content), by=None)


def test_a_code_where_there_was_none_is_no_question(imported):
    Student.objects.filter(local_code="1101").update(local_code="")
    assert WORD not in described(zips.good())
    assert (
        imports.check_and_import_roster(zips.good(), "r.zip", by=None).state == ImportState.IMPORTED
    )


def test_a_code_that_comes_with_another_school_is_no_question(imported):
    sakura = Student.objects.get(local_code="1101")
    other = factories.school_class(factories.school(sakura.municipality))
    Student.objects.filter(pk=sakura.pk).update(
        school=other.school, home_class=other, local_code="7777"
    )
    assert "転校(市内)" in described(zips.good())
    assert (
        imports.check_and_import_roster(zips.good(), "r.zip", by=None).state == ImportState.IMPORTED
    )


def test_the_approval_of_some_codes_does_not_cover_others(imported):
    old = imports.preview_import(check(exchanged())).code_changes
    other = check(with_codes({"1101": "1103", "1103": "1101"}))
    assert imports.preview_import(other).code_changes.number == old.number
    with pytest.raises(imports.CannotImport, match=WORD):
        imports.import_roster(
            other, by=None, approval=import_conditions.ImportApproval(code_changes=old.digest)
        )


def test_the_report_and_the_record_keep_how_many_and_no_code(imported):
    done = take_in(exchanged())
    code_changes = done.report["code_changes"]
    assert (code_changes["number"], len(code_changes["lines"])) == (2, 2)
    event = AuditEvent.objects.filter(action=Action.ROSTER_IMPORTED).latest("at")
    assert event.fields == ["local_code", "n-2", code_changes["digest"]]
    assert "1101" not in str(done.report)


# -- page and command -------------------------------------------------------------------------------


@pytest.fixture
def desk(sign_in, imported):
    return sign_in(factories.staff_post(Role.CITY, of=School.objects.get().municipality).user)


def send(desk, content):
    """(the page, the URL to confirm at) of an uploaded roster."""
    sent = {"zip": SimpleUploadedFile("r.zip", content)}
    page = file_workers.send(desk, reverse("admin:roster_upload"), sent).content.decode()
    waiting = RosterImport.objects.filter(state=ImportState.CHECKED).latest("created_at")
    return page, reverse("admin:roster_confirm", args=[waiting.pk])


def tick_of(page):
    return re.search(r'name="code_changes" value="(\w+)"', page).group(1)


def test_the_page_shows_the_codes_and_takes_a_tick(desk):
    page, confirm = send(desk, exchanged())
    assert f"<summary>{WORD}(2)を見る" in page
    assert "<td>1101 → 1102</td>" in page
    assert "2人を1人ずつ確かめ、管理コードが変わることを確かめた" in page
    refused = file_workers.send(desk, confirm, {"verb": "import"}).content.decode()
    assert "正しければ「管理コードが変わることを確かめた」を選んでください" in refused
    done = file_workers.send(desk, confirm, {"verb": "import", "code_changes": tick_of(page)})
    assert "管理コードの変更: 2人" in done.content.decode()
    assert Student.objects.get(local_code="1101").given_name != "さくら"


def test_an_old_page_confirms_no_other_moves(desk):
    page, confirm = send(desk, exchanged())
    Student.objects.filter(local_code="1103").update(local_code="1999")
    refused = file_workers.send(desk, confirm, {"verb": "import", "code_changes": tick_of(page)})
    now = refused.content.decode()
    assert "在籍している生徒" in now
    assert "<td>1999 → 1103</td>" in now
    assert not re.search(r'name="code_changes"[^>]* checked', now)
    assert Student.objects.filter(local_code="1999").exists()


def test_a_roster_that_moves_no_code_has_no_tick(desk):
    page, _ = send(desk, zips.changed(zips.good(), "users.csv", zips.swapped("さくら", "桜", 2)))
    assert "code_changes" not in page


def test_numbers_given_to_others_show_the_code_that_moves_with_them():
    take_in(zip_of("roster-sourcedid-reused", "first.zip"))
    lines = described(zip_of("roster-sourcedid-reused", "second.zip"))[WORD]
    assert "1101 → 2101" in lines


def test_the_command_refuses_in_plain_english_until_these_codes_are_allowed(imported, tmp_path):
    path, err = tmp_path / "r.zip", io.StringIO()
    path.write_bytes(exchanged())
    with pytest.raises(CommandError, match="Student codes would change") as refused:
        call_command("import_roster", path, stdout=io.StringIO(), stderr=err)
    assert len(re.findall(r"code move: users\.csv:\d+", err.getvalue())) == 2
    assert "1102" not in err.getvalue()
    digest = re.search(r"--allow-code-moves (\w+)", str(refused.value)).group(1)
    with pytest.raises(CommandError, match="--allow-code-moves"):
        call_command(
            "import_roster", path, "--allow-code-moves", "0" * 32,
            stdout=io.StringIO(), stderr=io.StringIO(),
        )  # fmt: skip
    call_command(
        "import_roster", path, "--allow-code-moves", digest,
        stdout=io.StringIO(), stderr=io.StringIO(),
    )  # fmt: skip
    assert Student.objects.get(local_code="1102").given_name == "さくら"
