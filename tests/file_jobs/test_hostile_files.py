"""Files made to exhaust who reads them end as a page with a sentence, and the next file is read."""

import io
import zipfile

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from apps.file_jobs.models import FileJob, FileJobPart, JobState
from apps.people.models import Student
from apps.roster.models import ImportState, RosterImport
from tests import file_workers
from tests.roster import zips


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.officer.user)


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("users.csv", b"0" * 50_000_000)
    return out.getvalue()


def wide_book():
    book = openpyxl.Workbook()
    book.active["A1"] = "名前"
    book.active["XFD1048576"] = "ここ"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_zip_bomb_is_a_refused_roster(cast, desk):
    before = Student.objects.count()
    upload = reverse("admin:roster_upload")
    page = file_workers.send(desk, upload, {"zip": ContentFile(bomb(), name="r.zip")})
    assert "取り込めない理由" in page.content.decode()
    assert RosterImport.objects.get().state == ImportState.REFUSED
    assert (Student.objects.count(), FileJobPart.objects.count()) == (before, 0)
    file_workers.send(desk, upload, {"zip": ContentFile(zips.good(), name="r.zip")})
    assert FileJob.objects.filter(state=JobState.DONE).count() == 2


def test_a_line_of_twenty_megabytes_is_tried_and_told(desk):
    mapping_page = reverse("admin:linkage_file_mapping", args=["attendance_daily"])
    headers = {f"header-{name}": name for name in ("管理コード", "日付", "出欠区分")}
    sample = ContentFile(b"a," * 10_000_000, name="a.csv")
    page = file_workers.send(
        desk, mapping_page, {**headers, "layout": "rows", "try": "1", "sample": sample}
    )
    assert "ためした結果" in page.content.decode()
    assert "1行が 長すぎます" in page.content.decode()
    assert FileJobPart.objects.count() == 0


def test_a_workbook_of_a_cell_at_its_last_corner_is_told(desk):
    url = reverse("admin:notices_supportorganisation_import")
    page = file_workers.send(desk, url, {"import_file": ContentFile(wide_book(), name="x.xlsx")})
    assert FileJob.objects.get().state == JobState.FAILED
    assert "列が多すぎます" in page.content.decode()
