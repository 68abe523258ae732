"""Rules, the signs they find, and the support cases and notes that follow."""

from apps.cases.models.cases import CaseOrigin, CaseQuerySet, CaseState, Rank, SupportCase
from apps.cases.models.conversations import (
    Conversation,
    ConversationTopic,
    Partner,
    TopicState,
)
from apps.cases.models.digests import FIRST_HOUR, LAST_HOUR, FollowUpDigest
from apps.cases.models.events import EventKind, EventSource, StudentEvent
from apps.cases.models.hand_overs import CentreReport, HandOver, PackPart, Recipient
from apps.cases.models.meetings import CaseMeeting, MeetingItem, MeetingKind, MeetingMinutes
from apps.cases.models.notes import (
    BeginningKind,
    CaseBeginning,
    CaseDecision,
    CaseNote,
    CaseStateChange,
    Judgement,
    Observation,
    Outcome,
    StateChangeKind,
)
from apps.cases.models.plans import AgreedWith, PlanStep, StepResult, SupportPlan
from apps.cases.models.protective import (
    KeepReason,
    KeptEvidence,
    ProtectiveCase,
    ProtectiveNote,
    ProtectiveNoteKind,
    ProtectiveReader,
    ProtectiveTopic,
    ReaderState,
)
from apps.cases.models.referrals import (
    Referral,
    ReferralAnswer,
    ReferralAnswerKind,
    ReferralConsent,
    ReferralLink,
    SheetPart,
)
from apps.cases.models.retention import CaseRetention
from apps.cases.models.rules import BackTest, BackTestState, Rule, RuleCheck
from apps.cases.models.schemes import (
    Allowance,
    Scheme,
    SchemeHint,
    SchemeState,
    SchemeStep,
)
from apps.cases.models.signs import SIGN_LIFETIME, Sign, SignState

__all__ = [
    "AgreedWith",
    "Allowance",
    "BackTest",
    "BackTestState",
    "BeginningKind",
    "CaseBeginning",
    "CaseDecision",
    "CaseMeeting",
    "CaseNote",
    "CaseOrigin",
    "CaseQuerySet",
    "CaseRetention",
    "CaseState",
    "CaseStateChange",
    "CentreReport",
    "Conversation",
    "ConversationTopic",
    "EventKind",
    "EventSource",
    "FIRST_HOUR",
    "FollowUpDigest",
    "HandOver",
    "Judgement",
    "KeepReason",
    "KeptEvidence",
    "LAST_HOUR",
    "MeetingItem",
    "MeetingKind",
    "MeetingMinutes",
    "Observation",
    "Outcome",
    "PackPart",
    "Partner",
    "PlanStep",
    "ProtectiveCase",
    "ProtectiveNote",
    "ProtectiveNoteKind",
    "ProtectiveReader",
    "ProtectiveTopic",
    "Rank",
    "ReaderState",
    "Recipient",
    "Referral",
    "ReferralAnswer",
    "ReferralAnswerKind",
    "ReferralConsent",
    "ReferralLink",
    "Rule",
    "RuleCheck",
    "SIGN_LIFETIME",
    "Scheme",
    "SchemeHint",
    "SchemeState",
    "SchemeStep",
    "SheetPart",
    "Sign",
    "SignState",
    "StateChangeKind",
    "StepResult",
    "StudentEvent",
    "SupportCase",
    "SupportPlan",
    "TopicState",
]
