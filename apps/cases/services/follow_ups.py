"""What of a case must be looked at again soon: steps of plans, reviews, cases without a holder.

For きょう: a step's person and the case's holder see what is due within days, the lead of the school
what is overdue and what nobody holds. Without names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from apps.cases.models import CaseState, PlanStep, StepResult, SupportCase
from apps.cases.services.hand_overs import unconfirmed
from apps.core.clock import today
from apps.people.models import Role, StaffPost, User
from apps.people.permissions import may, posts_with
from apps.people.services.person_accounts import is_same_person

SOON = timedelta(days=3)
MOST_SHOWN = 50


@dataclass(frozen=True)
class FollowUp:
    """One thing to do: about whom (no name), what, by which day."""

    case: SupportCase
    class_title: str
    what: str
    due_on: date | None
    is_overdue: bool


def follow_ups_for(user: User) -> list[FollowUp]:
    """What this person must look at again, the longest overdue first."""
    if not may(user, "cases.view"):
        return []
    cases = _open_cases(user)
    led = _schools_led(user)
    near, on = today() + SOON, today()
    own = Q(assignee=user) | Q(case__holder=user)
    steps = PlanStep.objects.filter(~Exists(StepResult.objects.filter(step=OuterRef("pk"))))
    steps = steps.filter(
        own & Q(until_on__lte=near) | Q(case__school__in=led, until_on__lt=on),
        case__in=cases.values("pk"),
    )
    reviews = cases.filter(
        Q(holder=user, review_on__lte=near) | Q(school__in=led, review_on__lt=on)
    )
    found = [*_of_steps(steps), *_of_reviews(reviews), *_unheld(cases.filter(school__in=led))]
    found += [
        _follow_up(row.case, _("引きつぎ資料を二人目として確かめる"), day)
        for row, day in unconfirmed(cases)
        if not is_same_person(user, row.written_by_id)  # who made it waits
    ]
    return sorted(found, key=lambda one: (one.due_on or date.min, str(one.case.pk)))[:MOST_SHOWN]


def _open_cases(user: User) -> QuerySet[SupportCase]:
    return SupportCase.objects.visible_to(user).exclude(state=CaseState.CLOSED)


def _schools_led(user: User) -> list:
    posts = posts_with(user, "cases.view")
    return [post.school_id for post in posts if post.role == Role.PRINCIPAL]


def _of_steps(steps: QuerySet[PlanStep]) -> Iterable[FollowUp]:
    rows = steps.select_related("case__student__home_class").order_by("until_on")[:MOST_SHOWN]
    return [_follow_up(step.case, _("支援計画の手だて"), step.until_on) for step in rows]


def _of_reviews(cases: QuerySet[SupportCase]) -> Iterable[FollowUp]:
    rows = cases.select_related("student__home_class").order_by("review_on")[:MOST_SHOWN]
    return [_follow_up(case, _("支援計画の確認"), case.review_on) for case in rows]


def _unheld(cases: QuerySet[SupportCase]) -> Iterable[FollowUp]:
    """Cases that somebody has begun and nobody at the school holds any more."""
    here = StaffPost.objects.current().filter(user=OuterRef("holder"), school=OuterRef("school"))
    rows = cases.exclude(state=CaseState.NEW).filter(~Exists(here))
    rows = rows.select_related("student__home_class").order_by("opened_at")[:MOST_SHOWN]
    return [_follow_up(case, _("担当だった人がいません"), None) for case in rows]


def _follow_up(case: SupportCase, what: str, due_on: date | None) -> FollowUp:
    of_class = case.student.home_class
    is_overdue = due_on is not None and due_on < today()
    return FollowUp(case, of_class.title if of_class else _("学級なし"), what, due_on, is_overdue)
