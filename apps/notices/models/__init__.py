"""Models of support organisations, and of the notices about them."""

from apps.notices.models.choices import NoticeState, OrganisationIcon, PublishState, SupportNeed
from apps.notices.models.notices import Notice, NoticeReceipt, PaperHandout
from apps.notices.models.organisations import (
    HoursException,
    OpeningHours,
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
