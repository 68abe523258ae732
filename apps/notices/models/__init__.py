"""Organisations that are easy to talk to, and the notices about them."""

from apps.notices.models.directory import (
    HoursException,
    Mark,
    Need,
    OpeningHours,
    PublishState,
    SupportOrganisation,
    Verification,
)
from apps.notices.models.letters import HandOut, Notice, NoticeReceipt, NoticeState

__all__ = [
    "HandOut",
    "HoursException",
    "Mark",
    "Need",
    "Notice",
    "NoticeReceipt",
    "NoticeState",
    "OpeningHours",
    "PublishState",
    "SupportOrganisation",
    "Verification",
]
