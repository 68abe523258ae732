"""Text search, and kanji without a reading."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.notices import grade_kanji, ruby_checks, text_search
from apps.notices.notice_body import ALLOWED_TAGS, body_html
from apps.people import grades

NAME = "｜加賀《かが》｜市《し》｜教育《きょういく》｜総合《そうごう》｜支援《しえん》センター"


@pytest.mark.parametrize(
    "query", ["教育", "支援センター", "きょういく", "ｾﾝﾀｰ", "せんたー", "加賀市 センター", "", "  "]
)
def test_a_place_is_found_however_it_is_written(query):
    assert text_search.matches_query(query, [NAME])


@pytest.mark.parametrize("query", ["病院", "加賀市 病院", "｜", "《"])
def test_other_words_do_not_find_it(query):
    assert not text_search.matches_query(query, [NAME])


@pytest.mark.parametrize("query", ["0120997777", "0120-99-7777"])
def test_a_number_is_found_with_and_without_dashes(query):
    assert text_search.matches_query(query, ["0120-99-7777"])


@given(st.text(max_size=40), st.text(min_size=1, max_size=20))
def test_a_text_finds_itself(before, word):
    words = word.split()
    assert text_search.matches_query(
        " ".join(words), [before + word.replace("｜", "").replace("《", "")]
    ) or ("｜" in word or "《" in word)


def test_kanji_without_a_reading_are_each_named_once():
    text = "｜今日《きょう》は 相談の日。相談は https://例.example/相談 で。々"
    assert ruby_checks.kanji_without_reading(text) == ["相談", "日"]


def test_kana_and_signs_need_no_reading():
    assert ruby_checks.kanji_without_reading("あア1A・。｜話《はな》す", "") == []


@pytest.mark.parametrize(
    ("grade", "bare"),
    [
        ("", ["山", "図書館", "相談", "人々", "挨拶"]),
        ("E3", ["山", "図書館", "相談", "人々", "挨拶"]),
        ("P1", ["山", "図書館", "相談", "人々", "挨拶"]),
        ("P2", ["図書館", "相談", "挨拶"]),
        ("P3", ["図書館", "相談", "挨拶"]),
        ("P4", ["挨拶"]),
        ("J1", ["挨拶"]),
        ("H3", ["挨拶"]),
    ],
)
def test_what_was_learnt_in_the_years_before_needs_no_reading(grade, bare):
    text = "山の図書館で相談。人々と挨拶"
    assert ruby_checks.kanji_without_reading(text, grade=grade) == bare


def test_the_table_has_as_many_kanji_a_year_as_the_course_of_study():
    assert [len(set(year)) for year in grade_kanji.KANJI_BY_GRADE.values()] == [
        80,
        160,
        200,
        202,
        193,
        191,
    ]
    assert len(grade_kanji.kanji_learnt_before("J1")) == 1026


@pytest.mark.parametrize(
    ("enrolled", "first"),
    [(["J1", "P6", "J3"], "P6"), (["P1", "E3"], "E3"), (["J1", ""], ""), ([], ""), (["X"], "")],
)
def test_the_youngest_reader_counts_and_one_of_no_known_grade_reads_nothing(enrolled, first):
    assert grades.youngest_grade(enrolled) == first


@pytest.mark.parametrize("text", ["｜今日《きょう", "今日》", "｜今日", "《きょう》"])
def test_half_a_ruby_is_noticed(text):
    assert ruby_checks.broken_ruby(text)
    assert not ruby_checks.broken_ruby("｜今日《きょう》")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**｜話《はな》せる**が", "<strong><ruby>話"),
        ("、**｜場所《ばしょ》**で", "<strong><ruby>場所"),
        ("[｜電話《でんわ》](tel:189)", '<a href="tel:189" rel="noopener noreferrer"><ruby>電話'),
        ("# ｜今日《きょう》", "<ruby>今日"),
        ("\ue0000\ue001 ｜今日《きょう》", "0 <ruby>今日"),
        ("｜<b>《<i>》", "<ruby>&lt;b&gt;<rp"),
    ],
)
def test_a_reading_never_disturbs_the_markdown(text, html):
    assert html in body_html(text)


@given(st.text(alphabet="｜《》*_[]()<>&\"'#-`\ue000\ue0010a話\n ", max_size=60))
def test_no_body_brings_a_tag_that_is_not_on_the_list(text):
    allowed = ALLOWED_TAGS | {"ruby", "rt", "rp"}
    assert set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", body_html(text))) <= allowed
