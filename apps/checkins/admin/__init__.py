"""Admin pages: check-ins opened with a reason, question sets, and settings of a school."""

from apps.checkins.admin.checkins import CheckInAdmin
from apps.checkins.admin.questions import QuestionSetAdmin
from apps.checkins.admin.settings import CheckInSettingsAdmin
from apps.checkins.admin.withheld_words import WithheldWordsAdmin

__all__ = ["CheckInAdmin", "QuestionSetAdmin", "CheckInSettingsAdmin", "WithheldWordsAdmin"]
