"""Tables of counts: consent, check-ins and reach, by grade; never about a person."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from apps.consent.models import Purpose, PurposePolicy
from apps.core.clock import today
from apps.core.small_cells import hide_small_cells, hide_small_total
from apps.people.models import Student
from apps.people.permissions import schools_where
from apps.reports.services.checkin_counts import checkins_by_day
from apps.vault.models import SubjectKey

WEEKS = 4


@dataclass(frozen=True)
class CountRow:
    """One line of a table: a label, one cell a column (None is hidden), and the total."""

    label: str
    cells: list[int | None]
    total: int | None


@dataclass(frozen=True)
class CountTable:
    title: str
    columns: list[str]
    rows: list[CountRow]


def schools_for(user):
    """The schools whose counts a member of staff may see: their own, or all of their municipality."""
    return schools_where(user, "reports.view")


def tables_for(user):
    """The tables of the page, columns by grade."""
    schools = schools_for(user)
    students = Student.objects.enrolled().filter(school__in=schools)
    grades = sorted(set(students.order_by().values_list("grade", flat=True)))
    columns = [grade_words(grade) for grade in grades]
    return [
        CountTable("在籍している生徒", columns, [_row("生徒", _by_grade(students), grades)]),
        CountTable("つながっている利用目的(人)", columns, _consent_rows(students, grades)),
        CountTable("チェックインの数(7日ごと)", columns, _checkin_rows(schools, grades)),
    ]


def grade_words(grade):
    """「中1」 for J1, 「小6」 for P6, 「高2」 for H2."""
    return {"J": "中", "P": "小", "H": "高"}.get(grade[:1], grade[:1]) + grade[1:]


def _consent_rows(students, grades):
    offered = (
        PurposePolicy.objects.offered()
        .filter(municipality__in=students.values("municipality"))
        .order_by("order")
        .values_list("purpose", flat=True)
    )
    found = (
        SubjectKey.objects.filter(student__in=students)
        .order_by()
        .values_list("purpose", "student__grade")
        .annotate(n=Count("pk"))
    )
    counts = {(purpose, grade): n for purpose, grade, n in found}
    return [
        _row(Purpose(p).label, {g: counts.get((p, g), 0) for g in grades}, grades)
        for p in dict.fromkeys(offered)
    ]


def _checkin_rows(schools, grades):
    """One row a week, the last one first."""
    last, per_week = today(), [Counter() for _ in range(WEEKS)]
    first = last - timedelta(days=7 * WEEKS - 1)
    for day, counts in checkins_by_day(schools, first, last).items():
        per_week[(last - day).days // 7].update(counts)
    return [
        _row(_week_words(last - timedelta(days=7 * week)), counts, grades)
        for week, counts in enumerate(per_week)
    ]


def _week_words(last):
    return f"{last - timedelta(days=6):%-m/%-d}–{last:%-m/%-d}"


def _by_grade(students):
    return dict(students.order_by().values_list("grade").annotate(n=Count("pk")))


def _row(label, by_grade, grades):
    counts = [by_grade.get(grade, 0) for grade in grades]
    return CountRow(label, hide_small_cells(counts), hide_small_total(counts))
