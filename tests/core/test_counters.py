"""How numbers are counted and read."""

import re
from datetime import date

import pytest
from django.conf import settings
from django.utils import translation

from apps.core.counters import COUNTERS, counted, reading_of, with_readings
from apps.core.templatetags.japanese import day, reading

READ = {
    "1月1日": "1｜月《がつ》｜1日《ついたち》",
    "1月3日": "1｜月《がつ》｜3日《みっか》",
    "4月2日": "｜4月《しがつ》｜2日《ふつか》",
    "7月4日": "｜7月《しちがつ》｜4日《よっか》",
    "9月5日": "｜9月《くがつ》｜5日《いつか》",
    "9月6日": "｜9月《くがつ》｜6日《むいか》",
    "9月7日": "｜9月《くがつ》｜7日《なのか》",
    "9月8日": "｜9月《くがつ》｜8日《ようか》",
    "9月9日": "｜9月《くがつ》｜9日《ここのか》",
    "10月10日": "10｜月《がつ》｜10日《とおか》",
    "10月14日": "10｜月《がつ》｜14日《じゅうよっか》",
    "10月20日": "10｜月《がつ》｜20日《はつか》",
    "10月24日": "10｜月《がつ》｜24日《にじゅうよっか》",
    "12月11日": "12｜月《がつ》11｜日《にち》",
    "12月19日": "12｜月《がつ》19｜日《にち》",
    "休み 1日": "休み ｜1日《いちにち》",
    "休み 1.5日": "休み 1.5｜日《にち》",
    "1,002人": "1,002｜人《にん》",
    "1人": "｜1人《ひとり》",
    "2人": "｜2人《ふたり》",
    "3人": "3｜人《にん》",
    "4人": "｜4人《よにん》",
    "4時": "｜4時《よじ》",
    "7時": "｜7時《しちじ》",
    "9時": "｜9時《くじ》",
    "19時": "｜19時《じゅうくじ》",
    "16時30分": "16｜時《じ》30｜分《ぷん》",
    "0時": "｜0時《れいじ》",
    "4時間": "｜4時間《よじかん》",
    "0分": "0｜分《ふん》",
    "1分": "1｜分《ぷん》",
    "15分": "15｜分《ふん》",
    "20歳": "｜20歳《はたち》",
    "18歳": "18｜歳《さい》",
    "3｜日《にち》": "3｜日《にち》",  # what has its reading stays
    "3こ": "3こ",
}


@pytest.mark.parametrize("words", READ)
def test_a_counted_thing_is_read_as_it_is_spoken(words):
    assert with_readings(words) == READ[words]


def test_a_date_of_the_portal_carries_every_reading_in_easy_japanese():
    with translation.override("ja-easy"):
        assert reading(day(date(2027, 4, 1))) == "｜4月《しがつ》｜1日《ついたち》(｜木《もく》)"
    for language, shown in (("ja", "4月1日(木)"), ("en", "Thu 1 Apr")):
        with translation.override(language):
            assert reading(day(date(2027, 4, 1))) == shown


def test_tsu_counts_from_one_to_nine_only():
    assert [counted(n, "つ") for n in (0, 1, 9, 10, 11)] == ["0こ", "1つ", "9つ", "10こ", "11こ"]
    assert counted(10, "件") == "10件"


def test_no_counter_without_a_known_reading_is_glued_to_a_number():
    with pytest.raises(KeyError):
        reading_of("3", "つ")
    assert all(reading_of("3", counter) for counter in COUNTERS)


def test_nowhere_is_tsu_glued_to_a_number_by_hand():
    glued = re.compile(r"(?:\}\}?|\|intcomma \}\}|%s|%d)(?:</\w+>)? ?つ(?![がぎくけなか])")
    folders = [settings.BASE_DIR / name for name in ("apps", "kaga_portal", "templates", "static")]
    files = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".py", ".html", ".js"}
    ]
    guilty = [
        f"{path.relative_to(settings.BASE_DIR)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if glued.search(line)
    ]
    assert guilty == []
