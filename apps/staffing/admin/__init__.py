"""Staff pages for posts and invitations."""
# ruff: noqa: F401

from apps.staffing.admin.invitations import StaffInvitationAdmin
from apps.staffing.admin.posts import StaffPostAdmin
