"""A roster of another school year is never imported unnoticed."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.people.models import Role, School, Student
from apps.roster.models import ImportState, RosterImport
from apps.roster.services import import_conditions, imports
from tests import factories, file_workers
from tests.roster import zips
from tests.roster.inputs import zip_of

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-11-28T09:00:00+09:00")]
NOTE = "前の年度(2025年度)の名簿です"


@pytest.fixture
def of_last_year():
    imports.check_and_import_roster(zip_of("roster-of-last-year", "2026.zip"), "r.zip", by=None)
    return zip_of("roster-of-last-year", "2025.zip")


@pytest.fixture
def desk(of_last_year, sign_in):
    return sign_in(factories.staff_post(Role.CITY, of=School.objects.get().municipality).user)


def test_last_years_roster_is_not_imported_without_approval(of_last_year):
    before = list(Student.objects.order_by("pk").values())
    roster_import = imports.check_and_import_roster(of_last_year, "r.zip", by=None)
    assert (roster_import.state, roster_import.report["waits_for"]) == (
        ImportState.CHECKED,
        ["year", "many_gone"],
    )
    checked = imports.check_roster(of_last_year, "r.zip", by=None)
    with pytest.raises(imports.CannotImport, match="2025年度"):
        imports.import_roster(checked, by=None)
    assert list(Student.objects.order_by("pk").values()) == before


def test_the_page_says_the_year_in_red_and_takes_a_tick(desk, of_last_year):
    sent = {"zip": SimpleUploadedFile("r.zip", of_last_year)}
    page = file_workers.send(desk, reverse("admin:roster_upload"), sent).content.decode()
    assert f'<p class="note note--danger">{NOTE}' in page
    assert "2025年度の名簿で正しいことを確かめた" in page
    waiting = RosterImport.objects.get(state=ImportState.CHECKED)
    confirm = reverse("admin:roster_confirm", args=[waiting.pk])
    refused = file_workers.send(desk, confirm, {"verb": "import"}).content.decode()
    assert "この年度の名簿で正しいことを確かめ、選んでください" in refused
    gone = imports.preview_import(waiting).leavers_digest
    posted = {"verb": "import", "other_year": "yes", "many_gone": gone}
    file_workers.send(desk, confirm, posted)
    waiting.refresh_from_db()
    assert waiting.state == ImportState.IMPORTED


def test_this_years_roster_says_its_year_without_red(desk):
    sent = {"zip": SimpleUploadedFile("r.zip", zip_of("roster-of-last-year", "2026.zip"))}
    page = file_workers.send(desk, reverse("admin:roster_upload"), sent).content.decode()
    assert "<strong>2026年度</strong>" in page
    assert "note--danger" not in page


def test_next_years_roster_is_called_so(of_last_year):
    assert (
        import_conditions.school_year_warning(2027)
        == "先の年度(2027年度)の名簿です。今は2026年度です。"
    )


def test_the_command_needs_the_explicit_option(of_last_year, tmp_path):
    path, out = tmp_path / "r.zip", io.StringIO()
    path.write_bytes(of_last_year)
    with pytest.raises(CommandError, match="--allow-other-year"):
        call_command("import_roster", path, stdout=out)
    assert "school year: 2025" in out.getvalue()
    both = ("--allow-other-year", "--allow-many-gone")
    call_command("import_roster", path, *both, stdout=io.StringIO())


@pytest.mark.parametrize("year", ["9999", "0001", "2020", "2032"])
def test_a_year_far_from_today_is_refused_whatever_is_ticked(year):
    content = zips.changed(
        zips.good(), "academicSessions.csv", zips.swapped("2026年度", f"{year}年度")
    )
    word = import_conditions.ImportApproval(True, True)
    roster_import = imports.check_and_import_roster(content, "r.zip", by=None, approval=word)
    assert roster_import.state == ImportState.REFUSED
    assert "離れすぎています" in roster_import.report["problems"][0]["reason"]
