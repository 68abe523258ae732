"""Admin pages of support cases, meetings, protective cases, rules and recorded events."""

from apps.cases.admin.cases import SupportCaseAdmin
from apps.cases.admin.events import StudentEventAdmin
from apps.cases.admin.meetings import MeetingAdmin
from apps.cases.admin.protective import ProtectiveCaseAdmin
from apps.cases.admin.retention import CaseRetentionAdmin
from apps.cases.admin.rules import RuleAdmin
from apps.cases.admin.schemes import SchemeAdmin

__all__ = [
    "CaseRetentionAdmin",
    "MeetingAdmin",
    "ProtectiveCaseAdmin",
    "RuleAdmin",
    "SchemeAdmin",
    "StudentEventAdmin",
    "SupportCaseAdmin",
]
