"""The staff's door: who waits for a talk, the promise behind it, practice, and the load."""

from apps.helpline.admin.duty_rosters import DutyRosterAdmin
from apps.helpline.admin.help_requests import HelpRequestAdmin

__all__ = ["DutyRosterAdmin", "HelpRequestAdmin"]
