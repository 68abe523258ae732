"""A student's own days as pictures beside a case: mood, attendance, study. Opened with a reason.

Each part only for who may read its purpose, and only where its key opens; the rest is said.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cases.missing_data import MissingKind
from apps.cases.models import SupportCase
from apps.cases.picture_rules import (
    DayFact,
    DayGrid,
    WeekBars,
    day_grid,
    last_mondays,
    week_bars,
)
from apps.cases.services.fact_readers import study_known_until
from apps.cases.services.missing_facts import missing_for
from apps.cases.words import MARK_LABELS, MOOD_LABELS, missing_in_words
from apps.checkins.models import CheckIn
from apps.core.clock import today
from apps.linkage.attendance_marks import ABSENCE_MARKS, AttendanceMark
from apps.linkage.fact_kinds import STUDY_WEEK
from apps.linkage.models import LinkedRecord
from apps.linkage.study_weeks import week_start
from apps.people.models import SchoolBreak, Student, User
from apps.people.permissions import may_open
from apps.people.school_day_rules import is_school_day
from apps.vault.services.sealed_content import OpeningReason, open_sealed

DAYS, WEEKS = 28, 8
UNSEEN = (MissingKind.NOT_AGREED, MissingKind.PAUSED)
NEVER_CAME = (MissingKind.NO_SOURCE, MissingKind.NEVER_READ)
MOOD_SYMBOLS = {4: "sun", 3: "sun-cloud", 2: "cloud", 1: "rain", 0: "storm"}
WEATHER = {
    "sunny": ("sun", gettext_lazy("晴れ")),
    "cloudy": ("cloud", gettext_lazy("くもり")),
    "rainy": ("rain", gettext_lazy("雨")),
    "thunder": ("storm", gettext_lazy("雷")),
}
MARK_LETTERS = {
    AttendanceMark.PRESENT: gettext_lazy("出"), AttendanceMark.LATE: gettext_lazy("遅"),
    AttendanceMark.EARLY: gettext_lazy("早"), AttendanceMark.LATE_EARLY: gettext_lazy("遅早"),
    AttendanceMark.SUSPENDED: gettext_lazy("停"), AttendanceMark.BEREAVEMENT: gettext_lazy("忌"),
}  # fmt: skip
ABSENT_LETTER = gettext_lazy("欠")


@dataclass(frozen=True)
class StudentPicture:
    """One picture: a calendar or bars, the same as a table, and what of it is missing ("").

    ``days`` and ``weeks`` are None where nothing may be shown.
    """

    name: str
    title: str
    missing: str = ""
    days: DayGrid | None = None
    weeks: WeekBars | None = None
    rows: list = field(default_factory=list, repr=False)


def pictures_of(case: SupportCase, *, actor: User, reason: str) -> list[StudentPicture]:
    """The pictures of the student's last weeks; opening them leaves audit rows about the case."""
    student = case.student
    missing = {one.purpose: one for one in missing_for(student, [one[1] for one in KINDS])}
    found = []
    for name, purpose, title, rows, draw in KINDS:
        gap = missing.get(purpose)
        if not may_open(actor, student, purpose):
            found.append(StudentPicture(name, str(title), _("あなたの立場では読めません。")))
            continue
        if gap is not None and gap.kind in UNSEEN:
            found.append(StudentPicture(name, str(title), missing_in_words(gap)))
            continue
        own = rows(student).filter(student=student, purpose=purpose)
        opened = _opened(own, case, actor, reason)
        drawn = draw(student, opened)
        if gap is not None and opened and gap.kind in NEVER_CAME:
            gap = None  # it came by a file that somebody brought
        said = missing_in_words(gap) if gap is not None else ""
        found.append(StudentPicture(name, str(title), said, **drawn))
    return found


def _opened(rows: Any, case: SupportCase, actor: User, reason: str) -> list[tuple[Any, dict]]:
    found = list(rows.readable().select_related("student"))
    if not found:
        return []
    contents = open_sealed(found, actor=actor, reason=OpeningReason(reason), shown_on=case)
    return [(row, content) for row, content in zip(found, contents, strict=True) if content]


# -- what is read ---------------------------------------------------------------------------------


def _since() -> date:
    return today() - timedelta(days=DAYS)


def _checkins(student: Student) -> QuerySet:
    rows = CheckIn.objects.filter(question_set__code="daily", answered_on__gt=_since())
    return rows.order_by("answered_on", "received_at")


def _linked(kind: str, days: int) -> Callable[[Student], QuerySet]:
    def rows(student: Student) -> QuerySet:
        found = LinkedRecord.objects.filter(kind=kind)
        # no fact arrives before its day
        return found.filter(received_at__date__gt=today() - timedelta(days=days + 1))

    return rows


# -- how it is drawn ------------------------------------------------------------------------------


def _moods(student: Student, opened: Iterable[tuple[Any, dict]]) -> dict[str, Any]:
    facts = {
        row.answered_on: DayFact(MOOD_LABELS[mood], symbol=MOOD_SYMBOLS[mood])
        for row, content in opened
        if (mood := content.get("mood")) in MOOD_SYMBOLS
    }
    return _calendar(student, facts)


def _weather(student: Student, opened: Iterable[tuple[Any, dict]]) -> dict[str, Any]:
    facts = {}
    for _row, content in opened:
        symbol, words = WEATHER[content["weather"]]
        facts[date.fromisoformat(content["date"])] = DayFact(str(words), symbol=symbol)
    return _calendar(student, facts)


def _attendance(student: Student, opened: Iterable[tuple[Any, dict]]) -> dict[str, Any]:
    facts: dict[date, DayFact] = {}
    for _row, content in opened:
        on, mark = date.fromisoformat(content["date"]), content["mark"]
        is_absent = mark in ABSENCE_MARKS
        if on in facts and not is_absent:  # where a day has two marks, absent wins
            continue
        letter = str(ABSENT_LETTER if is_absent else MARK_LETTERS.get(mark, mark[:1]))
        tone = "absent" if is_absent else "there" if mark == AttendanceMark.PRESENT else "part"
        facts[on] = DayFact(_mark_label(mark), letter=letter, tone=tone)
    return _calendar(student, facts)


def _mark_label(mark: str) -> str:
    labels: dict[str, str] = {str(one): words for one, words in MARK_LABELS.items()}
    labels[AttendanceMark.SUSPENDED] = _("出席停止")
    labels[AttendanceMark.BEREAVEMENT] = _("忌引")
    return labels.get(mark, mark)


def _calendar(student: Student, facts: dict[date, DayFact]) -> dict[str, Any]:
    breaks = list(
        SchoolBreak.objects.filter(school=student.school_id).values_list("begins_on", "ends_on")
    )
    last = today()
    school_days = {
        on: is_school_day(on, breaks) for on in (last - timedelta(days=n) for n in range(DAYS))
    }
    shown = {on: fact for on, fact in facts.items() if on > _since()}
    rows = [(on, shown[on].words) for on in sorted(shown, reverse=True)]
    return {"days": day_grid(shown, last, DAYS, school_days), "rows": rows}


def _study(student: Student, opened: Iterable[tuple[Any, dict]]) -> dict[str, Any]:
    counts = {week_start(content["week"]): content["n"] for _row, content in opened}
    mondays = last_mondays(today(), WEEKS)
    shown = {monday: n for monday, n in counts.items() if monday in mondays}
    bars = week_bars(shown, mondays, study_known_until([student]).get(student.school_id))
    rows = [
        (bar.monday, _("%(n)s回") % {"n": bar.n} if bar.n is not None else _("まだ届いていません"))
        for bar in reversed(bars.bars)
    ]
    return {"weeks": bars, "rows": rows}


# (name, purpose, title, the rows to open, how they are drawn)
KINDS: tuple[tuple[str, str, Any, Callable, Callable], ...] = (
    ("mood", "checkin_review", gettext_lazy("いまの気もち(チェックイン)"), _checkins, _moods),
    ("weather", "mood_weather", gettext_lazy("心の天気"), _linked("kokoro_tenki", DAYS), _weather),
    (
        "attendance",
        "attendance",
        gettext_lazy("出席"),
        _linked("attendance_daily", DAYS),
        _attendance,
    ),
    (
        "study",
        "study_log",
        gettext_lazy("学習の記録(1週間ごとの回数)"),
        _linked(STUDY_WEEK, 7 * WEEKS),
        _study,
    ),
)
