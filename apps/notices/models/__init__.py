"""Models of support organisations, and of the notices about them."""

from apps.notices.models.choices import NoticeState, OrganisationIcon, PublishState, SupportNeed
from apps.notices.models.notices import Notice, NoticeReceipt, PaperHandout
from apps.notices.models.organisations import (
    HoursException,
    OpeningHours,
    SupportOrganisation,
    Verification,
)
from apps.notices.models.self_help import SelfHelpApproval

__all__ = [
    "PaperHandout",
    "HoursException",
    "OrganisationIcon",
    "SelfHelpApproval",
    "SupportNeed",
    "Notice",
    "NoticeReceipt",
    "NoticeState",
    "OpeningHours",
    "PublishState",
    "SupportOrganisation",
    "Verification",
]
