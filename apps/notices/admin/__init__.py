"""Admin pages of support organisations, notices and self-help cards."""

from apps.notices.admin.notices import NoticeAdmin
from apps.notices.admin.organisations import SupportOrganisationAdmin
from apps.notices.admin.self_help import SelfHelpApprovalAdmin

__all__ = ["NoticeAdmin", "SelfHelpApprovalAdmin", "SupportOrganisationAdmin"]
