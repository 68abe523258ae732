"""The staff's door: organisations and notices, written, looked at, published, withdrawn."""

from apps.notices.admin.directory import SupportOrganisationAdmin
from apps.notices.admin.letters import NoticeAdmin

__all__ = ["NoticeAdmin", "SupportOrganisationAdmin"]
