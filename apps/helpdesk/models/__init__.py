"""Whom to ask, what was asked, and what became of it."""

from apps.helpdesk.models.answer_templates import AnswerTemplate
from apps.helpdesk.models.choices import AskerSide, QuestionState, ReplyWay, SupportTopic
from apps.helpdesk.models.help_contacts import HelpContact
from apps.helpdesk.models.questions import SupportQuestion, SupportReply

__all__ = [
    "AnswerTemplate",
    "AskerSide",
    "HelpContact",
    "QuestionState",
    "ReplyWay",
    "SupportQuestion",
    "SupportReply",
    "SupportTopic",
]
