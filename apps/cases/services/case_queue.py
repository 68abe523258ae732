"""The queue of open cases, the first to look at first; without names or evidence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse

from apps.cases.models import CaseOrigin, CaseState, Rank, Sign, SupportCase
from apps.cases.services.missing_facts import missing_of
from apps.cases.words import day_in_short, missing_in_words, purpose_in_short, rule_in_short
from apps.core.clock import today
from apps.people.models import Role, User
from apps.people.permissions import may, posts_with

ORDER = ("rank", "review_on", "opened_at", "id")
VERB = "cases.view"
FIRST_ROWS = 10  # on the first page of staff


@dataclass(frozen=True)
class CaseRow:
    """One row of the queue."""

    kind: str
    is_sign: bool  # has signs without a judgement
    class_title: str
    purposes: list
    why: list
    since: datetime
    holder: str
    state: str
    state_label: str
    url: str
    is_urgent: bool = False
    is_overdue: bool = False
    missing: list = field(default_factory=list)  # what the rules could not see, and why


def visible_cases(user: User) -> QuerySet[SupportCase]:
    """All cases in this person's care, marked so that ``order_for`` can order them."""
    cases = SupportCase.objects.visible_to(user)
    own = _own_classes(user)
    return cases.annotate(is_own_class=Q(student__home_class__in=own)) if own else cases


def order_for(user: User) -> tuple[str, ...]:
    """The order in which to look: the own class first for whoever sees other classes too."""
    return ("-is_own_class", *ORDER) if _own_classes(user) else ORDER


def waiting(cases: QuerySet[SupportCase]) -> QuerySet[SupportCase]:
    """The open ones, without those nobody has begun whose signs are gone or unreadable."""
    signs = _reasons().filter(case=OuterRef("pk"))
    is_begun = ~Q(state=CaseState.NEW, origin=CaseOrigin.RULES) | Exists(
        signs.readable_one_by_one()
    )
    return cases.filter(is_begun, rank__lt=Rank.CLOSED)


def waiting_for(user: User) -> QuerySet[SupportCase]:
    """The open cases in this person's care, not ordered."""
    return waiting(visible_cases(user)) if may(user, VERB) else SupportCase.objects.none()


def queue_for(user: User, limit: int = FIRST_ROWS) -> list[CaseRow]:
    """The first CaseRows of what waits for this person, in the order in which to look."""
    if not may(user, VERB):
        return []
    return rows_of(with_rows(waiting_for(user)).order_by(*order_for(user))[:limit])


def case_row(user: User, case: SupportCase) -> CaseRow:
    """The CaseRow of one case this person may see."""
    return _row(with_rows(SupportCase.objects.visible_to(user)).get(pk=case.pk), [])


def with_rows(cases: QuerySet[SupportCase]) -> QuerySet[SupportCase]:
    """The cases with what their rows show."""
    signs = _reasons().readable_one_by_one().select_related("rule").order_by("rule__code")
    return cases.select_related("student__home_class").prefetch_related(
        Prefetch("signs", signs, to_attr="shown"), "holder__staff_posts"
    )


def rows_of(cases: Iterable[SupportCase]) -> list[CaseRow]:
    """The CaseRows of cases ``with_rows``; the number of statements is that for one."""
    cases = list(cases)
    missing = missing_of([case.student for case in cases])
    return [
        _row(case, [missing_in_words(one) for one in missing[case.student_id]]) for case in cases
    ]


def _reasons() -> Any:
    """The open signs that are a reason to look."""
    signs: Any = Sign.objects.open()
    return signs.reasons_to_look()


def _own_classes(user):
    """The ids of a homeroom teacher's classes, where another post shows other classes too."""
    posts = posts_with(user, VERB)
    own = [post.school_class_id for post in posts if post.role == Role.HOMEROOM]
    return own if len(own) < len(posts) else []


def _fresh(case):
    """The signs without a judgement: all of them, or those newer than the last judgement."""
    return [s for s in case.shown if case.judged_at is None or s.found_at > case.judged_at]


def _row(case, missing):
    purposes = {sign.purpose: None for sign in case.shown}
    is_overdue = case.review_on is not None and case.review_on <= today()
    return CaseRow(
        kind=_kind(case),
        is_sign=bool(_fresh(case)),
        class_title=case.student.home_class.title if case.student.home_class else "学級なし",
        purposes=[purpose_in_short(purpose) for purpose in purposes],
        why=_why(case),
        since=case.opened_at,
        holder=_holder(case),
        state=case.state,
        state_label=case.get_state_display(),
        url=reverse("admin:cases_supportcase_change", args=[case.pk]),
        is_urgent=case.is_urgent,
        is_overdue=is_overdue,
        missing=missing,
    )


def _kind(case):
    fresh = len(_fresh(case))
    return f"気づき {fresh}" if fresh else case.get_state_display()


def _why(case):
    why = [] if case.origin == CaseOrigin.RULES else [case.get_origin_display()]
    why += [rule_in_short(sign.rule) for sign in case.shown]
    if case.review_on:
        why.append(f"次の確認 {day_in_short(case.review_on)}")
    return why


def _holder(case):
    """Who holds the case, by role and name; "" for nobody."""
    if case.holder is None:
        return ""
    posts = [post for post in case.holder.staff_posts.all() if post.school_id == case.school_id]
    return f"{case.holder_role}({posts[0].name})" if posts else case.holder_role
