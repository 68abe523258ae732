"""Sixty invented days: attendance, check-in answers, learning. Pure, deterministic.

Most are ordinary. A few patterns should be noticed: one student in forty-two answers low three
times in a row (R1), one in thirty-six is absent more and more (R3).
"""

import random
import uuid
from datetime import UTC, datetime, time, timedelta

from apps.people.school_day_rules import is_school_weekday

DAYS = 60
LOW_EVERY, ABSENT_EVERY = 42, 36
VERBS = ("completed", "answered", "experienced")


def school_days(until, days=DAYS):
    """The weekdays that are not holidays in the ``days`` up to and including ``until``."""
    dates = (until - timedelta(days=n) for n in range(days, -1, -1))
    return [d for d in dates if is_school_weekday(d)]


def is_low(index):
    return index % LOW_EVERY == 5


def is_often_absent(index):
    return index % ABSENT_EVERY == 7


def attendance_rows(pupils, dates):
    """Rows 管理コード, 日付, 出欠区分, 備考 of everybody who was not simply present."""
    for index, pupil in enumerate(pupils):
        rng = random.Random(f"attendance-{pupil.source_id}")  # noqa: S311
        last_days = set(dates[-6:-1:2]) | set(dates[-16:-6:3])
        for date in dates:
            mark = _mark(rng)
            if is_often_absent(index) and date in last_days:
                mark = "病欠" if rng.random() < 0.5 else "事故欠"
            if mark:
                yield [pupil.local_code, date.isoformat(), mark, ""]


def _mark(rng):
    draw = rng.random()
    marks = ((0.012, "病欠"), (0.016, "事故欠"), (0.02, "忌引"), (0.04, "遅刻"), (0.05, "早退"))
    return next((mark for limit, mark in marks if draw < limit), None)


def checkin_answers(index, pupil, dates):
    """(date, answers) of one student: two or three school days a week."""
    rng = random.Random(f"checkins-{pupil.source_id}")  # noqa: S311
    # The first student, whom the start-up text signs in, has something to look at.
    share = 0.8 if index == 0 else 0.45
    chosen = [date for date in dates[:-1] if rng.random() < share]
    if is_low(index):
        chosen = sorted({*chosen, *dates[-4:-1]})
    for date in chosen:
        low = is_low(index) and date in dates[-5:-1]
        mood = rng.choice([0, 1, 1]) if low else rng.choices([4, 3, 2, 1], [3, 6, 4, 1])[0]
        answers = {
            "mood": mood,
            "body": rng.choices([2, 1, 0], [8, 2, 0.4])[0],
            "sleep": rng.choices([2, 1, 0], [5, 4, 1])[0],
        }
        if rng.random() < 0.2:
            del answers[rng.choice(["body", "sleep"])]
        yield date, answers


def xapi_statements(pupil, dates, home_page):
    """xAPI 1.0.3 statements of one student's learning, at most one a day."""
    rng = random.Random(f"study-{pupil.source_id}")  # noqa: S311
    for date in dates[:-1]:
        if rng.random() > 0.4:
            continue
        at = datetime.combine(date, time(rng.randint(6, 12), rng.randint(0, 59)), UTC)
        yield {
            "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "actor": {
                "objectType": "Agent",
                "account": {"homePage": home_page, "name": str(pupil.master_id)},
            },
            "verb": {"id": f"http://adlnet.gov/expapi/verbs/{rng.choice(VERBS)}"},
            "object": {"id": f"https://drill.example/units/{rng.randint(1, 40)}"},
            "result": {
                "completion": True,
                "score": {"scaled": round(rng.random(), 2)},
                "duration": f"PT{rng.randint(3, 25)}M",
            },
            "timestamp": at.isoformat().replace("+00:00", "Z"),
        }
