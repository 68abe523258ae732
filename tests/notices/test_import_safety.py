"""Tables of organisations that would do harm."""

import csv
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core import spreadsheets
from apps.notices import table_formats
from apps.notices.models import SupportOrganisation
from tests import file_workers
from tests.notices.table_helpers import CSV, NEW, XLSX, download, rows_of, table, take_in, upload

EVIL = [
    '=HYPERLINK("https://evil.example","x")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "＝1+1",
    " =1",
]


# -- attacks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_no_cell_that_leaves_is_a_formula(cast, desk, kind, evil):
    SupportOrganisation.objects.create(municipality=cast.city, name=evil, summary=evil, place=evil)
    content = download(desk, kind)
    if kind == CSV:
        cells = [
            cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row
        ]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert all(cell.data_type != "f" for row in sheet for cell in row)
        cells = [str(cell.value or "") for row in sheet for cell in row]
    assert f"'{evil}" in cells
    assert not any(cell.lstrip().startswith(table_formats.FORMULA_PREFIXES) for cell in cells)


@pytest.mark.parametrize("evil", EVIL[:4])
def test_a_formula_that_comes_in_is_only_text(desk, evil):
    take_in(desk, table({**NEW, "ひとこと": evil}))
    assert SupportOrganisation.objects.get().summary == evil
    assert all(
        not row["ひとこと"].startswith(table_formats.FORMULA_PREFIXES)
        for row in rows_of(download(desk))
    )


def test_script_in_a_cell_stays_text_in_the_dry_run(desk):
    page = upload(desk, table({**NEW, "ひとこと": "<script>alert(1)</script>"}))
    assert "<script>alert" not in page.content.decode()


@given(st.text(max_size=30))
def test_guarding_loses_nothing(text):
    text = text.strip()
    assert table_formats.unescape_formula(table_formats.escape_formula(text)) == text
    assert (
        not table_formats.escape_formula(text).lstrip().startswith(table_formats.FORMULA_PREFIXES)
    )


def test_a_bomb_is_not_unpacked(desk):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (spreadsheets.MAX_UNPACKED + 1))
    page = upload(desk, out.getvalue(), XLSX, "x.xlsx")
    assert not file_workers.is_to_confirm(page)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", CSV), (b"\xff\xfe\x00", CSV), (b"no workbook", XLSX), (b"x" * 1_100_000, CSV)],
)
def test_files_that_are_none_are_refused(desk, content, kind):
    page = upload(desk, content, kind)
    is_refused_at_once = not content or len(content) > spreadsheets.MAX_BYTES
    assert page.status_code == (422 if is_refused_at_once else 200)
    assert not file_workers.is_to_confirm(page)


def test_too_many_rows_are_refused(desk):
    rows = [{"番号": "", "名前": f"場所{n}"} for n in range(spreadsheets.MAX_ROWS + 1)]
    assert not file_workers.is_to_confirm(upload(desk, table(*rows)))
