"""A case shows the student's own days as pictures, each part for who may read it."""

import datetime as dt
import re

from django.urls import reverse

from apps.cases.picture_rules import DayFact, day_grid, last_mondays, week_bars
from apps.consent.models import Purpose
from tests import factories
from tests.cases.sealed_rows import put_rows

FRIDAY = dt.date(2026, 11, 20)


def test_a_calendar_has_a_row_a_week_and_leaves_unknown_days_empty():
    facts = {FRIDAY: DayFact("晴れ", symbol="sun")}
    grid = day_grid(facts, FRIDAY, 28, {dt.date(2026, 11, 15): False})
    assert [monday.day for monday, _ in grid.weeks] == [19, 26, 2, 9, 16]
    assert len(grid.cells) == 28
    assert grid.cells[-1].fact.words == "晴れ"
    assert all(cell.fact is None for cell in grid.cells[:-1])
    assert [cell.on.day for cell in grid.cells if not cell.is_school_day] == [15]
    assert max(cell.x for cell in grid.cells) < grid.width
    assert max(cell.y for cell in grid.cells) < grid.height


def test_a_week_that_no_source_has_told_is_not_known():
    mondays = last_mondays(FRIDAY, 4)
    bars = week_bars({mondays[0]: 10, mondays[1]: 5}, mondays, mondays[2] + dt.timedelta(days=2))
    assert [bar.n for bar in bars.bars] == [10, 5, 0, None]
    assert [bar.height for bar in bars.bars] == [90, 45, 0, 0]


def opened_page(sign_in, person, case):
    client = sign_in(person.user)
    client.post(reverse("admin:cases_open", args=[case.pk]), {"reason": "sign"})
    return client.get(reverse("admin:cases_supportcase_change", args=[case.pk])).content.decode()


def part(page, title):
    """The figure of this title."""
    return next(
        one for one in re.findall("<figure.*?</figure>", page, re.S) if f"<h3>{title}" in one
    )


def test_each_part_is_drawn_with_a_table_or_says_why_not(watched, case, sign_in):
    """Mood and attendance are drawn; what nobody agreed to, or this role may not read, is said."""
    watched.feels(watched.sakura, 1, 0, 4)
    factories.make_effective(watched.sakura, Purpose.STUDY_LOG)
    put_rows([watched.sakura], "study_week", [{"week": "2026-W46", "n": 7}])
    page = opened_page(sign_in, watched.homeroom, case)
    moods, attendance = part(page, "いまの気もち"), part(page, "出席")
    assert moods.count('href="#symbol-') == 3
    assert "とてもつらい" in moods
    assert "<table" in moods
    assert attendance.count(">欠<") == 5
    assert "病欠" in attendance
    assert "まだ一度も" not in attendance  # no source was asked, and yet it is there
    assert "同意がないので、見ていません" in part(page, "心の天気")
    assert "<svg" not in part(page, "心の天気")
    study = part(page, "学習の記録")
    assert ">7</text>" in study
    assert "7回" in study
    assert not re.search(r"<[^>]+ style=", page)
    nurse = opened_page(sign_in, watched.nurse, case)
    assert "あなたの立場では読めません" in part(nurse, "学習の記録")
    assert "<svg" not in part(nurse, "学習の記録")
    assert part(nurse, "出席").count(">欠<") == 5


def test_nothing_is_drawn_of_what_was_taken_back(watched, case, sign_in):
    watched.absent(watched.sakura, 3)
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    page = opened_page(sign_in, watched.homeroom, case)
    assert "同意がないので、見ていません" in part(page, "出席")
    assert "<svg" not in part(page, "出席")
