"""The staff's door: organisations and notices, written, looked at, published, withdrawn."""

from apps.notices.admin.notices import NoticeAdmin
from apps.notices.admin.organisations import SupportOrganisationAdmin

__all__ = ["NoticeAdmin", "SupportOrganisationAdmin"]
