"""The list of closed cases: by class, rule, holder and month, without names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from apps.cases.models import CaseState, Rule, Sign, SupportCase
from apps.cases.words import rule_in_short
from apps.core import clock
from apps.core.time_zone import midnight
from apps.people.models import School, SchoolClass, StaffPost, User
from apps.people.permission_tables import ROLES_BY_VERB
from apps.people.permissions import schools_where

VERB = "cases.view"
PAGE_SIZE, ORDER = 50, ("-closed_at", "pk")
MONTHS_SHOWN = 24


@dataclass(frozen=True)
class FilterChoices:
    """What the list may be narrowed by, for one person."""

    months: list[tuple[str, str]]
    rules: list[tuple[str, str]]
    classes: QuerySet[SchoolClass]
    holders: QuerySet[StaffPost]


@dataclass(frozen=True)
class ClosedRow:
    """One closed case, without a name."""

    case: SupportCase
    class_title: str
    why: list[str]
    holder: str


def filter_choices(user: User) -> FilterChoices:
    """The months of the last two years, the rules, and the classes and staff of own schools."""
    schools = list(schools_where(user, VERB).values_list("pk", flat=True))
    cities = School.objects.filter(pk__in=schools).values("municipality")
    codes = Rule.objects.active().filter(municipality__in=cities).order_by("code")
    posts = StaffPost.objects.filter(school_id__in=schools, role__in=ROLES_BY_VERB[VERB])
    return FilterChoices(
        months=_months(clock.today()),
        rules=[(code, f"{code}: {title}") for code, title in codes.values_list("code", "title")],
        classes=SchoolClass.objects.filter(school__in=schools).order_by("title"),
        holders=posts.exclude(user=None).order_by("name"),
    )


def closed_cases(
    user: User, *, month: str = "", school_class: SchoolClass | None = None, rule: str = "",
    holder: StaffPost | None = None,
) -> QuerySet[SupportCase]:  # fmt: skip
    """The closed cases in this person's care, to be read in ``ORDER`` (closed_rows)."""
    schools = list(schools_where(user, VERB).values_list("pk", flat=True))
    cases = SupportCase.objects.visible_to(user).filter(
        state=CaseState.CLOSED, school_id__in=schools
    )
    narrowed: dict[str, Any] = {}
    if month:
        begin = date.fromisoformat(f"{month}-01")
        narrowed["closed_at__gte"] = midnight(begin)
        narrowed["closed_at__lt"] = midnight(_next_month(begin))
    if school_class is not None:
        narrowed["student__home_class"] = school_class
    if holder is not None:
        narrowed["holder"] = holder.user_id
    cases = cases.filter(**narrowed)
    if rule:
        cases = cases.filter(pk__in=Sign.objects.filter(rule__code=rule).values("case"))
    signs = Sign.objects.reasons_to_look().select_related("rule").order_by("rule__code")
    loaded = Prefetch("signs", signs, to_attr="reasons")
    return cases.select_related("student__home_class").prefetch_related(loaded)


def closed_rows(cases: Iterable[SupportCase]) -> list[ClosedRow]:
    """What the list says of each of these cases of ``closed_cases``."""
    return [_row(case) for case in cases]


def _row(case: Any) -> ClosedRow:
    of_class = case.student.home_class
    why = list(dict.fromkeys(rule_in_short(sign.rule) for sign in case.reasons))
    return ClosedRow(case, of_class.title if of_class else _("学級なし"), why, case.holder_role)


def _months(on: date) -> list[tuple[str, str]]:
    found, first = [], on.replace(day=1)
    for _month in range(MONTHS_SHOWN):
        found.append((f"{first:%Y-%m}", f"{first.year}年{first.month}月"))  # no sentence
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
