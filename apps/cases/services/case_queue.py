"""The queue of open cases, most urgent first; without names or evidence."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Prefetch
from django.urls import reverse

from apps.cases.models import CaseState, Sign, SupportCase
from apps.cases.words import purpose_in_short, rule_in_short
from apps.core.clock import today
from apps.people.permissions import may


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


def queue_for(user):
    """The CaseRows of open cases in this person's care: those nobody has opened first.

    Then those with something newer than the last judgement, then those whose review is due;
    within each, the longest waiting. A case whose signs have become unreadable is not shown.
    """
    if not may(user, "cases.view"):
        return []
    waiting = [case for case in _cases(user).open() if case.shown or case.state != CaseState.NEW]
    return [_row(case) for case in sorted(waiting, key=_urgency)]


def case_row(user, case):
    """The CaseRow of one case this person may see."""
    return _row(_cases(user).get(pk=case.pk))


def _cases(user):
    signs = (
        Sign.objects.open()
        .reasons_to_look()
        .readable()
        .select_related("rule")
        .order_by("rule__code")
    )
    return (
        SupportCase.objects.visible_to(user)
        .select_related("student__home_class")
        .annotate(judged_at=Max("decisions__written_at"))
        .prefetch_related(Prefetch("signs", signs, to_attr="shown"), "holder__staff_posts")
    )


def _urgency(case):
    is_due = case.review_on is not None and case.review_on <= today()
    return case.state != CaseState.NEW, not _fresh(case), not is_due, case.opened_at


def _fresh(case):
    """The signs without a judgement: all of them, or those newer than the last judgement."""
    return [s for s in case.shown if case.judged_at is None or s.found_at > case.judged_at]


def _row(case):
    purposes = {sign.purpose: None for sign in case.shown}
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
    )


def _kind(case):
    fresh = len(_fresh(case))
    return f"気づき {fresh}" if fresh else case.get_state_display()


def _why(case):
    why = [rule_in_short(sign.rule) for sign in case.shown]
    if case.review_on:
        why.append(f"次の確認 {case.review_on.month}月{case.review_on.day}日")
    return why


def _holder(case):
    """Who holds the case, by role and name; "" for nobody."""
    if case.holder is None:
        return ""
    posts = [post for post in case.holder.staff_posts.all() if post.school_id == case.school_id]
    return f"{case.holder_role}({posts[0].name})" if posts else case.holder_role
