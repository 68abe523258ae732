"""What an escalation is about: a help request, or a drill. The only place that tells them apart."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.helpline import escalation_rules, staff_words
from apps.helpline.models import Drill, DutyRoster, EscalationStep, HelpRequest, HelpState
from apps.helpline.services import readers
from apps.helpline.services.calling_plans import (
    CallingPlan,
    plan_of_request,
    plan_of_roster,
    plan_of_route_drill,
)
from apps.helpline.services.duty_rosters import escalation_waits_of
from apps.helpline.services.transitions import record_request_event
from apps.people.models import User


class EscalationSubject(ABC):
    """The row whose steps are run. ``step_field`` is the step's foreign key to it."""

    step_field: str
    page: str  # name of the admin page that a call leads to
    mail: tuple[str | Promise, str | Promise]  # (subject, body)
    school_id: UUID | None
    counted_from: datetime  # duty minutes are counted from here

    def __init__(self, row: Any) -> None:
        self.row = row

    @property
    def url(self) -> str:
        """The URL in push messages and mails; it reveals nothing."""
        return reverse(self.page, args=[self.row.pk])

    @abstractmethod
    def needs_calls(self) -> bool:
        """Whether somebody still has to be called."""

    @abstractmethod
    def plan(self) -> CallingPlan:
        """Who is called, at which step, after how long. Raises NobodyToCall."""

    @abstractmethod
    def called_as(self, user: User, role: str) -> str:
        """The role in which this person is called; gives access where that is needed."""

    @abstractmethod
    def record_step(self, step: EscalationStep) -> None:
        """Leave the audit row of a step that was done."""

    @abstractmethod
    def finish(self, step: EscalationStep) -> bool:
        """Close the row if this step was its last one; whether it was."""


class RequestSubject(EscalationSubject):
    """A student's help request: escalated until somebody whom the student chose opens it."""

    step_field, page, mail = "request", "admin:helpline_open", staff_words.MAIL

    def __init__(self, request: HelpRequest) -> None:
        super().__init__(request)
        self.school_id, self.counted_from = request.student.school_id, request.sent_at

    def needs_calls(self) -> bool:
        return self.row.state == HelpState.SENT

    def plan(self) -> CallingPlan:
        return plan_of_request(self.row)

    def called_as(self, user: User, role: str) -> str:
        return readers.add_reader(self.row, user).role  # 担任 only to the students of that class

    def record_step(self, step: EscalationStep) -> None:
        record_request_event(Action.HELP_ESCALATED, self.row, thing=step, fields=[step.kind])

    def finish(self, step: EscalationStep) -> bool:
        return False  # called again and again until then


class DrillSubject(EscalationSubject):
    """A drill: ends after each kind of step was done once."""

    step_field, page, mail = "drill", "admin:helpline_drill", staff_words.MAIL_DRILL

    def __init__(self, drill: Drill) -> None:
        super().__init__(drill)
        self.school_id, self.counted_from = drill.school_id, drill.started_at

    def needs_calls(self) -> bool:
        return True

    def plan(self) -> CallingPlan:
        if self.row.route_id:
            plan = plan_of_route_drill(self.row.route)
        else:
            plan = plan_of_roster(DutyRoster.objects.get(school=self.school_id))
        return replace(plan, waits=escalation_waits_of(self.row))

    def called_as(self, user: User, role: str) -> str:
        return role

    def record_step(self, step: EscalationStep) -> None:
        place = self.row.municipality_id
        record(Action.DRILL_STEP, municipality_id=place, thing=step, fields=[step.kind])

    def finish(self, step: EscalationStep) -> bool:
        if step.number < len(escalation_rules.STEP_KINDS):
            return False
        self.row.ended_at = step.done_at
        self.row.save(update_fields=["ended_at"])
        return True


def subject_of(step: EscalationStep) -> EscalationSubject:
    """What this step is about."""
    if step.request is not None:
        return RequestSubject(step.request)
    assert step.drill is not None  # by a constraint of the table
    return DrillSubject(step.drill)


def locked_subject_of(step: EscalationStep) -> EscalationSubject | None:
    """What this step is about, locked for this worker; None where another worker has it."""
    locks: dict[str, Any] = {"of": ["self"], "skip_locked": True, "no_key": True}
    if step.request_id is not None:
        requests = HelpRequest.objects.select_related("student").select_for_update(**locks)
        request = requests.filter(pk=step.request_id).first()
        return RequestSubject(request) if request else None
    drill = Drill.objects.select_for_update(**locks).filter(steps=step).first()
    return DrillSubject(drill) if drill else None
