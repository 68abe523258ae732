"""Models of support organisations, and of the notices about them."""

from apps.notices.models.notices import Notice, NoticeReceipt, NoticeState, PaperHandout
from apps.notices.models.organisations import (
    HoursException,
    OpeningHours,
    OrganisationIcon,
    PublishState,
    SupportNeed,
    SupportOrganisation,
    Verification,
)

__all__ = [
    "PaperHandout",
    "HoursException",
    "OrganisationIcon",
    "SupportNeed",
    "Notice",
    "NoticeReceipt",
    "NoticeState",
    "OpeningHours",
    "PublishState",
    "SupportOrganisation",
    "Verification",
]
