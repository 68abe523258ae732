"""Support plans: goals and whom they were agreed with, steps, and whether these were done."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action
from apps.cases.models import AgreedWith, PlanStep, StepResult, SupportCase, SupportPlan
from apps.cases.services.case_writing import (
    CannotChangeCase,
    checked_words,
    since_reopened,
    write_note,
)
from apps.core.clock import today
from apps.people.models import Role, StaffPost, User
from apps.people.permission_tables import CARING_ROLES

WHO_LIMIT = 40


@transaction.atomic
def add_plan(
    case: SupportCase, *, actor: User, words: str, review_on: date, agreed_with: str,
    why_not: str = "", form_key: UUID, seen: str | None = None,
) -> SupportPlan:  # fmt: skip
    """Append a support plan with its goals and its review date (not in the past).

    ``why_not`` is needed where nobody of the family has agreed yet.
    """
    agreed_with = AgreedWith(agreed_with)
    if review_on < today():
        raise CannotChangeCase(_("次の確認は、きょうより前の日にできません。"))
    if agreed_with == AgreedWith.NOT_YET and not why_not.strip():
        raise CannotChangeCase(_("まだ話していないわけを書いてください。"))
    return write_note(
        SupportPlan, case, actor=actor, what="plan", action=Action.PLAN_MADE, words=words,
        content={"why_not": why_not and checked_words(why_not)}, form_key=form_key, seen=seen,
        review_on=review_on, agreed_with=agreed_with,
    )  # fmt: skip


@transaction.atomic
def add_step(
    case: SupportCase, *, actor: User, words: str, assignee: StaffPost | None, who: str = "",
    until_on: date, form_key: UUID, seen: str | None = None,
) -> PlanStep:  # fmt: skip
    """Append a step of the plan: what, who (a post of the school, or a role in words), until when.

    The assignee finds it on きょう. Raises CannotChangeCase without a plan, for a day in the past,
    and unless there is exactly one who does it.
    """
    if until_on < today():
        raise CannotChangeCase(_("いつまでかは、きょうより前の日にできません。"))
    who = who.strip()[:WHO_LIMIT]
    if (assignee is None) == (not who):
        raise CannotChangeCase(
            _("する人を、職員から選ぶか、言葉で書くか、どちらか一つにしてください。")
        )
    if assignee is not None and not assignees_for(case).filter(pk=assignee.pk).exists():
        raise CannotChangeCase(_("その人は、この生徒の担当ではありません。"))
    if current_plan(case) is None:
        raise CannotChangeCase(_("先に、支援計画を立ててください。"))
    return write_note(
        PlanStep, case, actor=actor, what="step", action=Action.STEP_ADDED, words=words,
        content={"who": who}, form_key=form_key, seen=seen, until_on=until_on,
        assignee_id=assignee.user_id if assignee else None,
    )  # fmt: skip


@transaction.atomic
def end_step(
    case: SupportCase, *, actor: User, step: PlanStep, is_done: bool, words: str = "",
    form_key: UUID, seen: str | None = None,
) -> StepResult:  # fmt: skip
    """Append whether a step was done; its reminders end. Nothing is deleted."""
    if step.case_id != case.pk:
        raise CannotChangeCase(_("この手だては選べません。"))
    return write_note(
        StepResult, case, actor=actor, what="note", action=Action.STEP_ENDED,
        words=words if words.strip() else None, form_key=form_key, seen=seen, step=step,
        is_done=is_done,
    )  # fmt: skip


def current_plan(case: SupportCase) -> SupportPlan | None:
    """The newest plan since the case was last opened again."""
    return (
        since_reopened(case, SupportPlan.objects.filter(case=case)).order_by("-written_at").first()
    )


def steps_to_end(case: SupportCase) -> QuerySet[PlanStep]:
    """The steps that are not done, the first due first."""
    return (
        PlanStep.objects.filter(case=case)
        .exclude(results__is_done=True)
        .order_by("until_on", "written_at")
    )


def assignees_for(case: SupportCase) -> QuerySet[StaffPost]:
    """The posts of the school whose holders care for this student."""
    posts = StaffPost.objects.current().filter(school=case.school, role__in=CARING_ROLES)
    of_class = posts.filter(school_class=case.student.home_class_id, role=Role.HOMEROOM)
    found = posts.exclude(role=Role.HOMEROOM) | of_class
    return found.exclude(user=None).order_by("name")
