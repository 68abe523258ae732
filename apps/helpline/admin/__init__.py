"""Admin pages: help requests, duty rosters, drills and workload."""

from apps.helpline.admin.duty_rosters import DutyRosterAdmin
from apps.helpline.admin.help_requests import HelpRequestAdmin

__all__ = ["DutyRosterAdmin", "HelpRequestAdmin"]
