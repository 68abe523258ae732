"""Who is there to answer, what a student asked for, and who was told when."""

from apps.helpline.models.chain import Call, ChainStep, Drill, MailState, StepKind, StepState
from apps.helpline.models.duty import (
    AnswersAs,
    ApproverRole,
    DutyApproval,
    DutyHours,
    DutyPerson,
    DutyRoster,
)
from apps.helpline.models.requests import (
    UNSEEN_FIRST,
    HelpNote,
    HelpReply,
    HelpRequest,
    HelpState,
    Topic,
    WantedRole,
)

__all__ = [
    "UNSEEN_FIRST",
    "AnswersAs",
    "ApproverRole",
    "Call",
    "ChainStep",
    "Drill",
    "DutyApproval",
    "DutyHours",
    "DutyPerson",
    "DutyRoster",
    "HelpNote",
    "HelpReply",
    "HelpRequest",
    "HelpState",
    "MailState",
    "StepKind",
    "StepState",
    "Topic",
    "WantedRole",
]
