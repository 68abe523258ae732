"""Tables of other programs: read where they are clear, else refused with a sentence."""

import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, IntegrityError
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from apps.core import spreadsheets
from apps.core.spreadsheets import UnreadableSpreadsheet, read_table
from apps.notices import headings
from apps.notices.models import SupportOrganisation
from apps.notices.organisation_resource import OrganisationResource
from tests import file_workers

IMPORT = "admin:notices_supportorganisation_import"
CONFIRM = "admin:notices_supportorganisation_process_import"
INPUTS = Path(__file__).parent / "inputs"
TWO = "名前,電話\n甲,0761-00-0000\n"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.officer.user)


def upload(desk, content, name="x.csv", **more):
    file = SimpleUploadedFile(name, content)
    return file_workers.send(desk, reverse(IMPORT), {"import_file": file, **more})


def confirm(desk, page):
    return file_workers.send(desk, reverse(CONFIRM), {"job": page.context["job"].pk})


def problems_on(page):
    """The text of the page about a refused file (422)."""
    assert page.status_code == (
        422 if "form" in page.context and page.context["form"].errors else 200
    )
    assert not file_workers.is_to_confirm(page)
    text = page.content.decode()
    assert "Traceback" not in text
    return text


def given_input(name):
    return (INPUTS / name / "x.csv").read_bytes()


def book(*rows, **formats):
    table_file = openpyxl.Workbook()
    for row in rows:
        table_file.active.append(row)
    for cell, number_format in formats.items():
        table_file.active[cell].number_format = number_format
    out = io.BytesIO()
    table_file.save(out)
    return out.getvalue()


def book_of(sheet, head=""):
    """A workbook with this XML between the tags of its sheet's data."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(["名前"]))) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as table_file,
    ):
        for name in given.namelist():
            text = f'<?xml version="1.0"?>{head}<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>'
            table_file.writestr(name, text if name.endswith("sheet1.xml") else given.read(name))
    return out.getvalue()


# -- headings -------------------------------------------------------------------------------------


def test_an_empty_first_line_is_told_as_such(desk):
    assert "1行めに見出しがありません" in problems_on(
        upload(desk, given_input("orgs-blank-first-line"))
    )


def test_a_directory_of_open_data_is_told_once_which_columns_are_read(desk):
    text = problems_on(upload(desk, given_input("orgs-no-name-column")))
    assert text.count("「名前」の列がありません") == 1
    assert "名称 → 名前、電話番号 → 電話、所在地_連結表記 → 住所" in text
    assert "使える列: 番号、範囲、名前" in text
    assert "['" not in text
    assert "2行め" not in text


def test_a_column_that_has_no_place_here_is_to_be_deleted(desk):
    text = problems_on(upload(desk, "名前,電話番号,緯度\n甲,119,36\n".encode()))
    assert "知らない列があります: 電話番号、緯度" in text
    assert "電話番号 → 電話" in text
    assert "ほかの列は消してください" in text


def test_no_heading_is_given_to_two_columns():
    known = ["名前", "電話"]
    assert headings.suggestions(["名称", "施設名", "ＴＥＬ"], known) == {
        "名称": "名前",
        "ＴＥＬ": "電話",
    }
    assert headings.suggestions(["名前", "名称"], known) == {}


# -- phones ---------------------------------------------------------------------------------------


def test_phones_are_read_where_they_are_clear_and_asked_about_where_not(desk):
    text = problems_on(upload(desk, given_input("orgs-phone")))
    faults = text.split("取り込めません")[1].split("</div>")[0]
    assert (
        "2行め: 電話: 電話「120078310」は、はじめの 0 がありません。0120-078-310 のことですか"
        in faults
    )
    assert (
        "3行め: 電話: 電話「761720000」は、はじめの 0 がありません。0761-72-0000 のことですか"
        in faults
    )
    assert "6行め: 電話: 電話のところが日付" in faults
    assert "4行め" not in faults
    assert "5行め" not in faults


def test_a_yes_gives_the_zeros_back_and_shows_them_before_anything_is_taken_in(desk):
    content = "名前,電話\n甲,761720000\n乙,0120-0-78310\n".encode()
    page = upload(desk, content, restore_zeros="on")
    assert "0761-72-0000" in page.content.decode()
    assert SupportOrganisation.objects.count() == 0
    confirm(desk, page)
    assert set(SupportOrganisation.objects.values_list("phone", flat=True)) == {
        "0761-72-0000", "0120-0-78310"
    }  # fmt: skip


def test_zeros_that_a_workbook_only_shows_are_read_as_shown():
    table = read_table(book(["名前", "電話"], ["甲", 761720000], ["乙", 761720000],
                            B2="0000000000", B3="0000-00-0000"))  # fmt: skip
    assert [row[1] for row in table.rows] == ["0761720000", "0761-72-0000"]


# -- hours ----------------------------------------------------------------------------------------


def test_hours_of_a_directory_are_read_and_shown_before_they_are_taken_in(desk):
    page = upload(desk, given_input("orgs-hours"))
    confirm(desk, page)
    week = {
        one.name: (
            one.opening_hours.count(),
            one.opening_hours.first().opens_at.hour,
            one.rests_on_holidays,
        )
        for one in SupportOrganisation.objects.all()
    }
    assert week == {"A": (6, 7, False), "B": (5, 9, False), "C": (5, 9, True), "D": (5, 9, False)}


# -- one organisation once --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ここらぼ", " ここらぼ　", "｜ここらぼ《ここらぼ》", "ココラボ"])
def test_a_name_that_is_there_is_known_however_it_is_written(cast, desk, name):
    SupportOrganisation.objects.create(municipality=cast.city, name="ここらぼ")
    assert "もうあります" in problems_on(upload(desk, f"名前\n{name}\n".encode()))


def test_a_place_of_the_whole_country_is_not_made_again(desk, places):
    assert "全国の窓口にもうあります" in problems_on(
        upload(desk, "名前\nチャイルドライン\n".encode())
    )


def test_the_same_name_or_number_twice_in_a_file_is_refused(cast, desk):
    one = SupportOrganisation.objects.create(municipality=cast.city, name="ここ")
    assert "2行めにもあります" in problems_on(upload(desk, "名前\n甲\n 甲 \n".encode()))
    number = str(one.pk)
    content = f"番号,名前\n{number},ここ\n{number.upper()},そこ\n"
    assert "2行めにもあります" in problems_on(upload(desk, content.encode()))


def test_a_number_in_wide_letters_is_the_same_number(cast, desk):
    one = SupportOrganisation.objects.create(municipality=cast.city, name="ここ")
    wide = str(one.pk).translate({c: c + 0xFEE0 for c in range(0x21, 0x7F)})
    page = upload(desk, f"番号,名前,電話\n{wide},ここ,119\n".encode())
    (row,) = page.context["result"]["rows"]
    assert (row["import_type"], row["line"]) == ("update", 2)


# -- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [TWO.encode(), TWO.encode("utf-8-sig"), TWO.encode("cp932"), TWO.encode("utf-16"),
     TWO.replace(",", "\t").encode("utf-16"), TWO.replace(",", ";").encode(),
     TWO.replace("\n", "\r\n").encode(), book(["名前", "電話"], ["甲", "0761-00-0000"])],
    ids=["utf-8", "utf-8 mark", "cp932", "utf-16", "unicode text", "semicolons", "crlf", "xlsx"],
)  # fmt: skip
def test_a_table_is_read_by_its_bytes_whatever_it_is_called(content):
    table = read_table(content)
    assert (table.headings, table.rows) == (["名前", "電話"], [["甲", "0761-00-0000"]])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空です"), (b"\n \n", "空です"), ("名前,電話\n".encode(), "見出しだけ"), (TWO.encode("utf-16-le"), "UTF-16"),
        (TWO.encode() * 9 + b"\xe3\x81", "UTF-8 としては"), (b"\x8aPNG\r\n\xff\xfe\x81", "Shift_JIS"),
        (b"\x89PNG\r\n\xff\xfe\x81", "表のファイルではありません"),
        (TWO.encode()[:-1] + b"\0\n", "2行めに、文字でないもの"), (b"a" * 1_100_000, "1MB"),
        ("名前,名前\na,b".encode(), "「名前」の列が2つ"), (TWO.encode() + b"a,b,c\n", "3行めの3列め"),
        (('名前\n"' + "x\n" * 4000).encode(), "引用符"), (b"<html><table>", "表のファイルではありません"),
        (spreadsheets.OLE + b"x" * 99, ".xls"),
        (spreadsheets.OLE + "EncryptedPackage".encode("utf-16-le"), "パスワード"),
        (book(["名前"], ["甲"])[:3000], "Excel ファイルとして読めません"),
        (book(["名前", "電話"], ["甲", "=1+1"]), "B2 の式の結果"),
        (book(["名前"], ["#N/A"]), "A2 が、Excel のエラー"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_reason(desk, content, why):
    assert why in problems_on(upload(desk, content))


def test_a_zip_of_something_else_is_no_workbook(desk):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("x.csv", TWO)
    assert "取り出して" in problems_on(upload(desk, out.getvalue(), "x.xlsx"))


def test_rows_keep_the_numbers_that_a_spreadsheet_shows(desk):
    content = "名前,電話\n甲,119\n\n\n乙,x\n".encode()
    assert "5行め: 電話" in problems_on(upload(desk, content))


# -- malicious workbooks ----------------------------------------------------------------------------


def far_cell():
    table_file = openpyxl.Workbook()
    table_file.active["A1"], table_file.active["XFD1048576"] = "名前", 1
    out = io.BytesIO()
    table_file.save(out)
    return out.getvalue()


ENTITIES = "<!DOCTYPE l [<!ENTITY a0 'xxxxxxxxxx'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 9)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        far_cell(),
        book_of('<row r="99999999999"><c r="A1"><v>1</v></c></row>'),
        book_of("".join(f'<row r="{n}"><c r="XFD{n}"/></row>' for n in range(1, 20_000))),
        book_of("".join(f'<row r="{n}"/>' for n in range(1, 200_000))),
        book_of('<row r="1"><c r="A1" t="inlineStr"><is><t>&a8;</t></is></c></row>', ENTITIES),
        book_of("".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{"x" * 4000}</t></is></c></row>'
                        for n in range(1, 1500))),
    ],
    ids=["far cell", "row beyond all", "wide empty rows", "empty rows", "entities", "much text"],
)  # fmt: skip
def test_a_workbook_made_to_exhaust_us_is_refused_within_seconds(content):
    began = time.monotonic()
    with pytest.raises(UnreadableSpreadsheet):
        read_table(content)
    assert time.monotonic() - began < spreadsheets.TIME_LIMIT_S + 2


def test_a_reader_that_does_not_end_ends_only_this_file(monkeypatch, tmp_path, desk):
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("while True: pass\n")
    monkeypatch.setattr(spreadsheets, "READER_PROGRAM", sleeper)
    monkeypatch.setattr(spreadsheets, "TIME_LIMIT_S", 0.5)
    assert "手間がかかりすぎます" in problems_on(upload(desk, book(["名前"], ["甲"]), "x.xlsx"))


def test_what_a_workbook_says_of_its_own_size_is_not_believed():
    content = book_of('<row r="1"><c r="A1" t="inlineStr"><is><t>名前</t></is></c></row>'
                      '<row r="7"><c r="A7" t="inlineStr"><is><t>甲</t></is></c></row>')  # fmt: skip
    table = read_table(content.replace(b"<sheetData>", b'<dimension ref="A1:A1"/><sheetData>'))
    assert (table.rows, table.lines) == ([["甲"]], [7])


@examples(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_no_bytes_at_all_bring_more_than_a_sentence(content):
    try:
        table = read_table(content)
    except UnreadableSpreadsheet as error:
        assert str(error).endswith("。")
        return
    assert all(len(row) == len(table.headings) for row in table.rows)


# -- the database refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize("error", [IntegrityError("duplicate key"), DataError("value too long")])
def test_what_the_database_refuses_is_a_sentence_and_nothing_is_written(desk, monkeypatch, error):
    page = upload(desk, TWO.encode())

    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(OrganisationResource, "after_save_instance", refuse)
    answer = confirm(desk, page)
    assert "2行め: 書き込めませんでした" in problems_on(answer)
    assert str(error) not in answer.content.decode()
    assert SupportOrganisation.objects.count() == 0
    text = problems_on(upload(desk, TWO.encode()))
    assert "2行め: 書き込めませんでした" in text
    assert str(error) not in text
