"""Which rows hold the facts of a purpose, and what facts they hold."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.db.models import F, Max, QuerySet, TextField
from django.db.models.functions import Cast

from apps.cases import rule_kinds
from apps.cases.models import StudentEvent
from apps.cases.rule_facts import (
    DayMark,
    MoodAnswer,
    NurseVisit,
    RecordedEvent,
    StudyDay,
    TalkAnswer,
    TermGrade,
    WeeklyAnswer,
)
from apps.checkins.models import CheckIn
from apps.core.clock import JST, today
from apps.core.school_years import month_begins
from apps.core.time_zone import midnight
from apps.linkage.fact_kinds import STATEMENT
from apps.linkage.models import Freshness, LinkedRecord
from apps.linkage.services.weekly_sums import statement_day
from apps.people.models import Student

DAILY, WEEKLY = "daily", "weekly"


class FactReader(NamedTuple):
    """One purpose: every row that could matter, the rows of a window, the facts of a row.

    ``columns`` are what ``facts_of`` reads of a row beside its content. ``window`` narrows rows that
    arrived since the window began to those of its days.
    """

    rows: Any
    facts_of: Any
    window: Any = None
    columns: tuple[str, ...] = ()

    def rows_of(self, students: list, days: int) -> QuerySet:
        """The rows of these students (ids) that rules with a window of so many days must open."""
        rows = self.rows().filter(student__in=students)
        if self.window is not None:
            return self.window(rows, days)
        return rows.filter(received_at__gt=window_start(days))

    def columns_of(self, purpose: str, students: list, days: int) -> list[Any]:
        """The same rows without their model, of which there are many: named tuples."""
        columns = ("id", "student_id", "key_id", "sealed", *self.columns)
        rows = self.rows_of(students, days).filter(purpose=purpose).order_by()
        return list(rows.values_list(*columns, named=True))


def window_start(days: int) -> datetime:
    """When the first day began that rules with such a window look at.

    The days of most facts are encrypted. But no fact arrives before its day: what has arrived
    before the window began is older than it. Facts of older days that arrived since are opened too.
    """
    first = today() - timedelta(days=days)  # a day more: it ends before the window
    return midnight(first)


def _linked(kind: str) -> Any:
    return lambda: LinkedRecord.objects.filter(kind=kind)


def _checkins() -> QuerySet:
    rows = CheckIn.objects.filter(question_set__code__in=(DAILY, WEEKLY))
    arrived = Cast("received_at", TextField())  # read as text, which is quicker
    return rows.annotate(code=F("question_set__code"), arrived=arrived)


def _by_day(rows: QuerySet, days: int) -> QuerySet:
    return rows.filter(answered_on__gt=today() - timedelta(days=days))


def _checkin_facts(row: Any, value: dict) -> Iterator[Any]:
    at = datetime.fromisoformat(row.arrived).isoformat()
    if row.code == WEEKLY:
        for item, answer in value.items():
            if isinstance(answer, int):
                yield WeeklyAnswer(row.answered_on, at, item, answer)
        return
    if value.get("mood") is not None:
        yield MoodAnswer(row.answered_on, at, value["mood"])
    if value.get("talk") is not None:
        yield TalkAnswer(row.answered_on, at, value["talk"])


def _grade_facts(row: Any, value: dict) -> Iterator[TermGrade]:
    on = TERM_STARTS[value["term"]](value["year"])
    rating, aspects = value.get("rating") or 0, "".join(value["aspects"])
    yield TermGrade(on, value["term"], value["subject"], rating, aspects)


TERM_STARTS = {  # by our convention, as linkage dates them
    term: partial(month_begins, month=month)
    for term, month in {"1": 4, "2": 9, "3": 1, "FIRST": 4, "SECOND": 10}.items()
}


def _event_rows() -> QuerySet:
    return StudentEvent.objects.annotate(received_at=F("recorded_at"))


def _event_facts(row: Any, value: dict) -> Iterator[RecordedEvent]:
    at = row.recorded_at
    on = at.astimezone(JST).date()
    yield RecordedEvent(on, at.isoformat(), value["kind"], date.fromisoformat(value["on"]))


FACT_READERS: dict[str, FactReader] = {
    rule_kinds.CHECKINS: FactReader(
        _checkins, _checkin_facts, _by_day, ("answered_on", "arrived", "code")
    ),
    rule_kinds.ATTENDANCE: FactReader(
        _linked("attendance_daily"),
        lambda row, value: [DayMark(date.fromisoformat(value["date"]), value["mark"])],
    ),
    rule_kinds.NURSE_ROOM: FactReader(
        _linked("nurse_visit"),
        lambda row, value: [
            NurseVisit(date.fromisoformat(value["date"]), value["half"], value["visit"])
        ],
    ),
    rule_kinds.STUDY: FactReader(
        _linked(STATEMENT), lambda row, value: [StudyDay(statement_day(value))]
    ),
    rule_kinds.GRADES: FactReader(_linked("grades"), _grade_facts),
    rule_kinds.CASEWORK: FactReader(_event_rows, _event_facts, columns=("recorded_at",)),
}


def study_known_until(students: list[Student]) -> dict[Any, date]:
    """{school id: the last day of which a source has told anybody's study}."""
    cities = {student.municipality_id for student in students}
    rows = Freshness.objects.filter(kind=STATEMENT, source__municipality__in=cities)
    found = rows.values_list("source__municipality", "source__school").annotate(Max("until_on"))
    known = {(city, school): day for city, school, day in found if day is not None}
    told: dict[Any, date] = {}
    for student in students:
        places = [(student.municipality_id, at) for at in (student.school_id, None)]
        days = [known[place] for place in places if place in known]
        if days:
            told[student.school_id] = max(days)
    return told
