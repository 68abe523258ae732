"""Unusual tables: mixed columns, footers, invisible characters."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.core.phones import PhoneError, parse_phones
from apps.core.spreadsheets import UnreadableSpreadsheet, read_table
from apps.notices.models import SupportOrganisation
from tests import file_workers


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.officer.user)


def upload(desk, content):
    file = SimpleUploadedFile("x.csv", content)
    url = reverse("admin:notices_supportorganisation_import")
    return file_workers.send(desk, url, {"import_file": file})


UTF8, SJIS = "相談センター,0761-72-0000\n".encode(), "甲センター,0761-72-0001\n".encode("cp932")


@pytest.mark.parametrize(
    ("content", "line", "kind"),
    [
        ("名前,電話\n".encode() + UTF8 * 3 + SJIS, 5, "Shift_JIS"),
        ("名前,電話\n".encode("cp932") + SJIS * 3 + UTF8, 5, "UTF-8"),
        ("名前,電話\n".encode("utf-8-sig") + UTF8 * 2 + SJIS, 4, "Shift_JIS"),
    ],
    ids=["utf-8 with a line of Shift_JIS", "Shift_JIS with a line of UTF-8", "with a mark"],
)
def test_a_file_of_two_encodings_is_named_as_such(content, line, kind):
    with pytest.raises(
        UnreadableSpreadsheet, match=f"2種類の文字コードがまざっています.{line}行めは {kind}"
    ):
        read_table(content)


@given(
    st.lists(st.text("あいうカキク相談窓口ｱｲｳﾃｱ０", min_size=1, max_size=9), min_size=1, max_size=9)
)
def test_a_file_of_one_encoding_is_never_called_a_mixture(names):
    content = "名前\n" + "\n".join(names) + "\n"
    for encoding in ("utf-8", "utf-8-sig", "cp932"):
        assert [row[0] for row in read_table(content.encode(encoding)).rows] == names


def test_headings_with_spaces_within_are_ours(desk):
    page = upload(desk, "名　前,電 話\n甲,0761-72-0000\n".encode())
    (row,) = page.context["result"]["rows"]
    assert row["import_type"] == "new"
    assert "0761-72-0000" in str(row["diff"])


@pytest.mark.parametrize(
    "footer",
    ["計1件", "合計 12件", "※令和8年4月現在", "(注)変わることがあります", "以上", "出典:市の一覧"],
)
def test_a_footer_is_reported_and_not_taken_for_an_organisation(desk, footer):
    page = upload(desk, f"名前,電話\n甲,0761-72-0000\n{footer},\n".encode())
    assert not file_workers.is_to_confirm(page)
    assert "3行め" in page.content.decode()
    assert "窓口の名前ではないようです" in page.content.decode()


@pytest.mark.parametrize("name", ["計画相談支援センター", "合計画室", "以上会", "注文住宅相談"])
def test_a_name_that_only_begins_like_a_footer_is_a_name(desk, name):
    assert file_workers.is_to_confirm(upload(desk, f"名前\n{name}\n".encode()))


def test_a_phone_that_was_kept_as_a_sum_is_named():
    with pytest.raises(PhoneError, match="数として保存された番号です"):
        parse_phones("0761720000.0")


@pytest.mark.parametrize("mark", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u00ad"])
def test_marks_that_nobody_sees_are_refused_in_names(cast, desk, mark):
    page = upload(desk, f"名前\nここ{mark}らぼ\n".encode())
    assert "見えない文字" in page.content.decode()
    url = reverse("admin:notices_supportorganisation_add")
    page = desk.post(url, {"name": f"ここ{mark}らぼ"})
    assert page.status_code == 422
    assert "見えない文字" in page.content.decode()
    assert SupportOrganisation.objects.count() == 0
