"""Admin pages of support organisations and notices."""

from apps.notices.admin.notices import NoticeAdmin
from apps.notices.admin.organisations import SupportOrganisationAdmin

__all__ = ["NoticeAdmin", "SupportOrganisationAdmin"]
