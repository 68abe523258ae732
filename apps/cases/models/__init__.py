"""Rules, the signs they find, and the support cases and notes that follow."""

from apps.cases.models.cases import CaseQuerySet, CaseState, Rank, SupportCase
from apps.cases.models.digests import FIRST_HOUR, LAST_HOUR, FollowUpDigest
from apps.cases.models.events import EventKind, EventSource, StudentEvent
from apps.cases.models.hand_overs import CentreReport, HandOver, PackPart, Recipient
from apps.cases.models.notes import (
    CaseDecision,
    CaseNote,
    CaseStateChange,
    Judgement,
    Observation,
    Outcome,
    StateChangeKind,
)
from apps.cases.models.plans import AgreedWith, PlanStep, StepResult, SupportPlan
from apps.cases.models.referrals import (
    Referral,
    ReferralAnswer,
    ReferralAnswerKind,
    ReferralConsent,
    ReferralLink,
    SheetPart,
)
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
    "FIRST_HOUR",
    "LAST_HOUR",
    "FollowUpDigest",
    "Allowance",
    "Scheme",
    "SchemeHint",
    "SchemeState",
    "SchemeStep",
    "CentreReport",
    "HandOver",
    "PackPart",
    "Recipient",
    "AgreedWith",
    "PlanStep",
    "StepResult",
    "ReferralAnswer",
    "ReferralAnswerKind",
    "ReferralConsent",
    "ReferralLink",
    "SheetPart",
    "SIGN_LIFETIME",
    "BackTest",
    "BackTestState",
    "CaseDecision",
    "CaseNote",
    "CaseQuerySet",
    "CaseState",
    "CaseStateChange",
    "EventKind",
    "EventSource",
    "Judgement",
    "Observation",
    "Outcome",
    "Rank",
    "Referral",
    "Rule",
    "RuleCheck",
    "Sign",
    "SignState",
    "StateChangeKind",
    "StudentEvent",
    "SupportCase",
    "SupportPlan",
]
