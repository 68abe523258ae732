"""Every kind of fact has words, for adults and for the student, and no URL or code in them."""

import re

import pytest

from apps.linkage.words import fact_sort_key, fact_words

RUBY = re.compile(r"｜([^｜《》]+)《[^《》]+》")
KANJI = re.compile(r"[\u4e00-\u9fff]")
FACTS = {
    "attendance_daily": ({"date": "2026-11-20", "mark": "ABSENT_SICK"}, "11月20日 病欠"),
    "attendance_monthly": (
        {"month": "2026-10", "lessons": 20, "excused": 1, "absent": 2, "present": 17, "late": 3},
        "2026年10月: 授業 20日、出席停止・忌引など 1日、欠席 2日、出席 17日、遅刻 3回",
    ),
    "nurse_visit": ({"date": "2026-11-20", "half": "AM", "visit": "COUNSEL"}, "11月20日 午前 相談"),
    "grades": (
        {"year": 2026, "term": "1", "subject": "J010", "aspects": ["A", "B", "C"], "rating": 4},
        "2026年度 1学期 教科 J010: A・B・C 評定 4",
    ),
    "kokoro_tenki": ({"date": "2026-11-20", "weather": "rainy"}, "11月20日 雨"),
    "statement": (
        {"verb": "http://adlnet.gov/expapi/verbs/answered", "object": "https://x.example/1",
         "timestamp": "2026-11-19T16:00:00Z"},
        "11月20日 問題に答えた",
    ),
    "study_week": (
        {"week": "2026-W47", "n": 3, "answered": 2, "right": 1, "completed": 1, "seconds": 300},
        "11月16日からの1週間: 記録 3、問題に答えた 2(正解 1)、終えた 1、5分",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FACTS)
def test_a_fact_reads_as_a_sentence(kind):
    data, expected = FACTS[kind]
    assert fact_words(kind, data)[0] == expected


@pytest.mark.parametrize("kind", FACTS)
def test_the_student_s_words_have_ruby_on_every_kanji(kind):
    words = fact_words(kind, FACTS[kind][0])[1]
    assert not KANJI.search(RUBY.sub("", words))


def test_what_is_not_known_is_shown_as_it_is_kept():
    assert (
        fact_words("attendance_daily", {"date": "2026-11-20", "mark": "NEW"})[0] == "11月20日 NEW"
    )
    assert fact_words("lunch", {"menu": "curry"}) == ("curry", "curry")


def test_facts_can_be_put_in_order_of_their_days():
    days = [fact_sort_key(data) for data, _ in FACTS.values()]
    assert days == [
        "2026-11-20", "2026-10", "2026-11-20", "2026-04", "2026-11-20", "2026-11-19", "2026-11-16",
    ]  # fmt: skip
    assert fact_sort_key({"adults": 2}) == ""
