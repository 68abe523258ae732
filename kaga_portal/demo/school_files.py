"""The invented school's files in "C4th 取込形式 v1": one for each kind and school year. Pure,
deterministic.
"""

import random
from itertools import groupby

from apps.core.school_years import school_year_of
from kaga_portal.demo import school_days

EMPTY_REMARK = ""
SUBJECTS = ("J010", "J020", "J030", "J040", "J090")
HEADERS = {
    "attendance_daily": ("管理コード", "日付", "出欠区分", "備考"),
    "nurse_visit": ("管理コード", "来室日", "時間帯", "区分", "症状"),
    "kokoro_tenki": ("管理コード", "日付", "天気", "コメント"),
    "grades": (
        "管理コード", "年度", "学期", "教科コード", "知識・技能", "思考・判断・表現",
        "主体的に学習に取り組む態度", "評定", "所見",
    ),
}  # fmt: skip


def school_files(pupils, dates):
    """(name, rows with the header) of every file the school would have put into its folder."""
    for year, of_year in groupby(dates, school_year_of):
        of_year = list(of_year)
        for kind, rows in _rows(pupils, of_year, year):
            yield f"{kind}_{year}.csv", [HEADERS[kind], *rows]


def _rows(pupils, dates, year):
    yield "attendance_daily", list(school_days.attendance_rows(pupils, dates))
    yield "nurse_visit", [row for pupil in pupils for row in _visits(pupil, dates)]
    yield "kokoro_tenki", [row for pupil in pupils for row in _weather(pupil, dates)]
    if dates[0] < dates[0].replace(year=year, month=9, day=1):
        return  # the first term has not ended: there are no grades yet
    yield "grades", [row for pupil in pupils for row in _grades(pupil, year)]


def _visits(pupil, dates):
    rng = random.Random(f"nurse-{pupil.source_id}")  # noqa: S311
    for date in dates:
        if rng.random() < 0.012:
            half, visit = (
                rng.choice(["午前", "午後"]),
                rng.choice(["内科", "外科", "相談", "その他"]),
            )
            yield [pupil.local_code, date.isoformat(), half, visit, EMPTY_REMARK]


def _weather(pupil, dates):
    rng = random.Random(f"weather-{pupil.source_id}")  # noqa: S311
    for date in dates:
        if rng.random() < 0.35:
            weather = rng.choices(["晴れ", "曇り", "雨", "雷"], [8, 4, 2, 0.5])[0]
            yield [pupil.local_code, date.isoformat(), weather, EMPTY_REMARK]


def _grades(pupil, year):
    rng = random.Random(f"grades-{pupil.source_id}")  # noqa: S311
    for subject in SUBJECTS:
        aspects = rng.choices("ABC", [3, 5, 2], k=3)
        rating = max(1, min(5, 3 + aspects.count("A") - aspects.count("C")))
        yield [pupil.local_code, year, "1学期", subject, *aspects, rating, EMPTY_REMARK]
