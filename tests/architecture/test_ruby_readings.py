"""Every ruby reading that we ship is in a checked list.

``readings.tsv`` holds ``word ⇥ reading``. A word that is read in more than one way stands there
with what touches it (``お[金]の``), once for each such place. A person has read each line aloud:
whoever writes a new word adds its line, and reads it aloud too.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from apps.core.counters import COUNTERS, RUBY, with_readings

ROOT = Path(settings.BASE_DIR)
TABLE = Path(__file__).with_name("readings.tsv")
MOST_KANJI = 3  # of one word under one ruby
LETTERS = re.compile(r"[0-9ぁ-んァ-ヶー一-鿿々]*")


def shipped():
    """[(place, text before, word, reading, text after)] of every ruby in code, pages, scripts, sentences."""
    found = []
    for folder in ("apps", "kaga_portal", "templates", "static", "locale"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in {".py", ".html", ".js", ".po"} or "migrations" in path.parts:
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines, 1):
                found += _of_line(f"{path.relative_to(ROOT)}:{number}", line)
    return found


def _of_line(place, line):
    return [
        (place, RUBY.sub(r"\1", line[: m.start()]), m[1], m[2], RUBY.sub(r"\1", line[m.end() :]))
        for m in RUBY.finditer(line)
        if "{" not in m[0]  # put together while running: apps.core.counters, tested there
    ]


def in_context(before, word, after):
    """The word with the letter before it and the two after it: 「お[金]の」."""
    left = before[-1:] if LETTERS.fullmatch(before[-1:]) else ""
    return f"{left}[{word}]{LETTERS.match(after)[0][:2]}"


def table():
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if line]
    assert [row for row, n in Counter(row[0] for row in rows).items() if n > 1] == []
    return dict(rows)


RUBIES = shipped()


def test_every_shipped_word_is_read_as_the_list_says():
    known = table()
    wrong = [
        (place, in_context(before, word, after), reading)
        for place, before, word, reading, after in RUBIES
        if reading not in (known.get(word), known.get(in_context(before, word, after)))
    ]
    assert wrong == []


def test_a_word_with_two_readings_is_listed_by_what_touches_it():
    known = table()
    several = {key[key.index("[") + 1 : key.index("]")] for key in known if "[" in key}
    assert several & known.keys() == set()


def test_the_list_names_no_word_that_is_not_shipped():
    used = {word for _, _, word, _, _ in RUBIES}
    used |= {in_context(before, word, after) for _, before, word, _, after in RUBIES}
    assert table().keys() - used == set()


def test_one_ruby_stands_over_one_word():
    kanji = re.compile(r"[一-鿿々]")
    long = [
        (place, word) for place, _, word, _, _ in RUBIES if len(kanji.findall(word)) > MOST_KANJI
    ]
    assert long == []


def test_what_is_counted_by_hand_is_read_as_the_counters_are():
    counted = [
        (
            place,
            digits[0] + word,
            with_readings(digits[0] + word),
            f"{digits[0]}｜{word}《{reading}》",
        )
        for place, before, word, reading, _ in RUBIES
        if word in COUNTERS and (digits := re.search(r"\d+$", before)) and word != "時間"
    ]
    assert len(counted) > 10
    assert [(place, plain) for place, plain, right, written in counted if right != written] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('"｜何《' + 'なに》でも"', ("[何]でも", "なに")),
        ('"お｜金《きん》の"', ("お[金]の", "きん")),
        ('"15｜分《ぷん》 まって"', ("5[分]", "ぷん")),
        ('"｜未知《みち》の"', ("[未知]の", "みち")),
    ],
)
def test_a_wrong_or_unknown_reading_is_found(line, found):
    ((_, before, word, reading, after),) = _of_line("here", line)
    context = in_context(before, word, after)
    assert (context, reading) == found
    assert reading not in (table().get(word), table().get(context))
