"""Models of duty rosters, help requests and escalation."""

from apps.helpline.models.choices import (
    AnswersAs,
    AnswerWay,
    ApproverRole,
    CallMailState,
    EscalationStepKind,
    EscalationStepState,
    HelpState,
    MeetingAnswer,
    ReaderBasis,
    RouteReason,
    Topic,
    WantedRole,
)
from apps.helpline.models.duty_rosters import DutyApproval, DutyHours, DutyPerson, DutyRoster
from apps.helpline.models.escalation import Call, Drill, EscalationStep
from apps.helpline.models.family_requests import (
    FamilyRecipient,
    FamilyRequest,
    FamilyState,
    FamilyTopic,
    ReachWay,
)
from apps.helpline.models.help_requests import (
    UNSEEN_FIRST_ORDER,
    HelpMessage,
    HelpNote,
    HelpReply,
    HelpRequest,
)
from apps.helpline.models.readers import HelpReader
from apps.helpline.models.routes import ProtectionRoute

__all__ = [
    "UNSEEN_FIRST_ORDER",
    "AnswerWay",
    "AnswersAs",
    "ApproverRole",
    "Call",
    "EscalationStep",
    "Drill",
    "DutyApproval",
    "DutyHours",
    "DutyPerson",
    "DutyRoster",
    "FamilyRecipient",
    "FamilyRequest",
    "FamilyState",
    "FamilyTopic",
    "HelpMessage",
    "HelpNote",
    "HelpReader",
    "HelpReply",
    "HelpRequest",
    "HelpState",
    "ProtectionRoute",
    "ReachWay",
    "ReaderBasis",
    "RouteReason",
    "CallMailState",
    "EscalationStepKind",
    "EscalationStepState",
    "MeetingAnswer",
    "Topic",
    "WantedRole",
]
