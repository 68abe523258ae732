"""Whom to ask, what was asked, and what became of it."""

from apps.helpdesk.models.answer_templates import AnswerTemplate
from apps.helpdesk.models.choices import AskerSide, QuestionState, ReplyWay, SupportTopic
from apps.helpdesk.models.help_contacts import HelpContact
from apps.helpdesk.models.help_entries import HelpEntry
from apps.helpdesk.models.issues import IssueOrigin, IssuePriority, IssueState, SupportIssue
from apps.helpdesk.models.questions import SupportQuestion, SupportReply
from apps.helpdesk.models.service_notes import ServiceNote
from apps.helpdesk.models.visits import SupportVisit

__all__ = [
    "AnswerTemplate",
    "AskerSide",
    "HelpContact",
    "HelpEntry",
    "IssueOrigin",
    "IssuePriority",
    "IssueState",
    "QuestionState",
    "ReplyWay",
    "ServiceNote",
    "SupportIssue",
    "SupportQuestion",
    "SupportReply",
    "SupportTopic",
    "SupportVisit",
]
