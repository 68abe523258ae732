"""Phone numbers are read as people write them, and asked about where they cannot be right."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from apps.core.models import PhoneField
from apps.core.phones import LeadingZeroLost, PhoneError, normalised_phones, parse_phones
from apps.core.sealed_field import SealedTextField
from apps.notices.notice_body import body_html, phone_problems
from apps.notices.seed_organisations import CONFIRMED_ORGANISATIONS
from tests.code_files import ROOT, TEMPLATES


@pytest.mark.parametrize(
    ("written", "shown", "links"),
    [
        ("0120-0-78310", "0120-0-78310", ["tel:0120078310"]),
        ("０７６１－７２－００００", "0761-72-0000", ["tel:0761720000"]),
        ("090ー1234ー5678", "090-1234-5678", ["tel:09012345678"]),
        ("0761720000", "0761-72-0000", ["tel:0761720000"]),
        ("(048)000-0000", "(048)000-0000", ["tel:0480000000"]),
        ("代表0761-72-0000 内線12", "代表 0761-72-0000 内線12", ["tel:0761720000"]),
        ("TEL:0761-72-0000(内線3)", "0761-72-0000 内線3", ["tel:0761720000"]),
        ("24時間 0120-189-783", "24時間 0120-189-783", ["tel:0120189783"]),
        (
            "平日 0761-72-0000、夜間 090-1234-5678",
            "平日 0761-72-0000、夜間 090-1234-5678",
            ["tel:0761720000", "tel:09012345678"],
        ),
        ("0761-72-0000 0761-72-0001", "0761-72-0000、0761-72-0001",
         ["tel:0761720000", "tel:0761720001"]),
        ("0570-064-556", "0570-064-556", ["tel:0570064556"]),
        ("050-3123-4567", "050-3123-4567", ["tel:05031234567"]),
        ("+81-761-72-0000", "+81-761-72-0000", ["tel:0761720000"]),
        ("110", "110", ["tel:110"]), ("119", "119", ["tel:119"]), ("189", "189", ["tel:189"]),
        ("#7119", "#7119", ["tel:%237119"]),
        ("", "", []),
    ],
)  # fmt: skip
def test_a_number_is_kept_as_published_and_linked_by_its_digits(written, shown, links):
    assert normalised_phones(written) == shown
    assert [phone.href for phone in parse_phones(written)] == links


@pytest.mark.parametrize(
    ("written", "restored"),
    [("120078310", "0120-078-310"), ("761720000", "0761-72-0000"), ("120-0-78310", "0120-0-78310"),
     ("9012345678", "090-1234-5678"), ("代表761720000", "0761-72-0000")],
)  # fmt: skip
def test_a_lost_zero_is_asked_about_and_given_back_only_on_a_yes(written, restored):
    with pytest.raises(LeadingZeroLost, match=f"{restored} のことですか") as asked:
        parse_phones(written)
    assert asked.value.restored == restored
    assert parse_phones(written, restore_zeros=True)[0].number == restored


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("2026-11-01 00:00:00", "日付"), ("2026/11/1", "日付"), ("1.2E+08", "丸めた"),
        ("FAX 0761-72-0000", "FAX"), ("12", "読めません"), ("いつでも", "読めません"),
        ("0761-72-00", "読めません"), ("0761-72-0000・0001", "読めません"),
        ("0761-72-0000~0002", "読めません"), ("000-0000-0000", "読めません"), ("46327", "読めません"),
        ("1" * 500, "読めません"),
    ],
)  # fmt: skip
def test_what_cannot_be_dialled_is_refused_with_its_reason(written, why):
    with pytest.raises(PhoneError, match=why):
        parse_phones(written)


@pytest.mark.parametrize(
    "one", [one for one in CONFIRMED_ORGANISATIONS if one.phone], ids=lambda one: one.phone
)
def test_numbers_confirmed_by_public_sources_keep_their_writing(one):
    assert normalised_phones(one.phone) == one.phone


@given(st.text(alphabet="0123456789-()+# 　、代表内線ー－０１９FAXE.年月日/", max_size=40))
def test_whatever_is_written_is_a_number_or_a_sentence(text):
    try:
        shown = normalised_phones(text)
    except PhoneError:
        return
    assert normalised_phones(shown) == shown
    for phone in parse_phones(shown):
        assert re.fullmatch(r"tel:(\+|%23)?[0-9]{3,15}", phone.href)


def test_every_phone_of_the_database_is_checked_in_one_way():
    found = [
        field
        for model in apps.get_models()
        for field in model._meta.fields
        if model.__module__.startswith("apps.")
        and ("phone" in field.name or "電話" in str(field.verbose_name))
        and not isinstance(field, SealedTextField)  # free words: "after six, by telephone"
        and not field.is_relation  # who entered what was said by telephone
    ]
    assert {field.model._meta.label for field in found} >= {
        "notices.SupportOrganisation", "consent.Programme"
    }  # fmt: skip
    assert [str(field) for field in found if not isinstance(field, PhoneField)] == []
    for field in found:
        with pytest.raises(ValidationError, match="のことですか"):
            field.clean("120078310", None)
        assert field.clean("０７６１－７２－００００", None) == "0761-72-0000"


# -- on the page ------------------------------------------------------------------------------------


def drawn(text, kind="phone_links"):
    page = Template("{% load phones %}{{ phone|" + kind + " }}")
    return page.render(Context({"phone": text}))


def test_words_beside_a_number_carry_their_readings():
    page = drawn("代表 0761-72-0000 内線12")
    assert '<a class="tel" href="tel:0761720000">0761-72-0000</a>' in page
    assert "<ruby>内線" in page
    assert "12" in page


def test_several_numbers_stand_on_lines_of_their_own():
    assert drawn("0761-72-0000、119").count("<a ") == 2
    assert "<br>" in drawn("0761-72-0000、119")
    assert "<a " not in drawn("0761-72-0000、119", "phone_lines")


@pytest.mark.parametrize("old", ["120078310", "2026-11-01 00:00:00", "<b>1</b>"])
def test_an_old_entry_that_is_no_number_is_text_and_no_link(old):
    assert "<a " not in drawn(old)
    assert "<b>" not in drawn(old)


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ("[電話](tel:０１２０－０－７８３１０)", 'href="tel:0120078310"'),
        ("[電話](tel:0761-72-0000)", 'href="tel:0761720000"'),
        ("<TEL:189>", 'href="tel:189"'),
    ],
)
def test_a_link_in_a_notice_dials_digits(body, link):
    assert link in body_html(body)
    assert phone_problems(body) == []


@pytest.mark.parametrize("body", ["[電話](tel:120078310)", "[電話](tel:代表)", "[電話](tel:2026-11-01)"])  # fmt: skip
def test_a_link_that_dials_nothing_is_told_to_its_author_and_never_shown(body):
    assert "href" not in body_html(body)
    assert len(phone_problems(body)) == 1


def test_every_tel_link_of_a_template_is_digits_or_made_by_the_filter():
    pages = [*Path(settings.BASE_DIR, "templates").rglob("*.html"),
             *Path(settings.BASE_DIR, "static", "js").glob("*.js")]  # fmt: skip
    found = [
        link for page in pages for link in re.findall(r"tel:[^\"'<]*", page.read_text("utf-8"))
    ]
    assert len(found) > 5
    assert [link for link in found if not re.fullmatch(r"tel:[0-9]{3,11}", link)] == []


@pytest.mark.parametrize("sheet", ["portal.css", "staff.css"])
def test_no_line_breaks_inside_a_number(sheet):
    """Every number is rendered in .tel or in a link that dials; words beside it may wrap."""
    words = (ROOT / "static" / "css" / sheet).read_text()
    assert re.search(r'\.tel, a\[href\^="tel:"\] \{ white-space: nowrap; \}', words)
    drawn_next = drawn("代表 0761-72-0000 内線1234", "phone_lines")
    assert re.findall(r'<span class="tel">([^<]*)</span>', drawn_next) == ["0761-72-0000"]


def test_a_link_that_dials_holds_the_number_alone():
    """So that it may be kept on one line on a narrow screen."""
    pages = "".join(page.read_text() for page in TEMPLATES)
    links = re.findall(r'<a[^>]*href="tel:[^"]*"[^>]*>([^<]*)</a>', pages)
    assert links
    assert [link for link in links if not re.fullmatch(r"[0-9-]+", link)] == []
