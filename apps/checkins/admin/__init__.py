"""The staff's door: check-ins opened with a reason, the questions, and what a school switched on."""

from apps.checkins.admin.checkins import CheckInAdmin
from apps.checkins.admin.questions import QuestionSetAdmin
from apps.checkins.admin.settings import CheckInSettingsAdmin

__all__ = ["CheckInAdmin", "QuestionSetAdmin", "CheckInSettingsAdmin"]
