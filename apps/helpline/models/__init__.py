"""Models of duty rosters, help requests and escalation."""

from apps.helpline.models.duty_rosters import (
    AnswersAs,
    ApproverRole,
    DutyApproval,
    DutyHours,
    DutyPerson,
    DutyRoster,
)
from apps.helpline.models.escalation import (
    Call,
    CallMailState,
    Drill,
    EscalationStep,
    EscalationStepKind,
    EscalationStepState,
)
from apps.helpline.models.help_requests import (
    UNSEEN_FIRST_ORDER,
    HelpNote,
    HelpReply,
    HelpRequest,
    HelpState,
    Topic,
    WantedRole,
)

__all__ = [
    "UNSEEN_FIRST_ORDER",
    "AnswersAs",
    "ApproverRole",
    "Call",
    "EscalationStep",
    "Drill",
    "DutyApproval",
    "DutyHours",
    "DutyPerson",
    "DutyRoster",
    "HelpNote",
    "HelpReply",
    "HelpRequest",
    "HelpState",
    "CallMailState",
    "EscalationStepKind",
    "EscalationStepState",
    "Topic",
    "WantedRole",
]
