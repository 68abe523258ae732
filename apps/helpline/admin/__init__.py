"""Admin pages: help requests, duty rosters, drills and workload."""

from apps.helpline.admin.duty_rosters import DutyRosterAdmin
from apps.helpline.admin.family_requests import FamilyRequestAdmin
from apps.helpline.admin.help_requests import HelpRequestAdmin
from apps.helpline.admin.routes import ProtectionRouteAdmin

__all__ = ["DutyRosterAdmin", "FamilyRequestAdmin", "HelpRequestAdmin", "ProtectionRouteAdmin"]
