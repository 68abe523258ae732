"""Staff pages of the helpdesk."""

from apps.helpdesk.admin import help_contacts, issues, questions, registers

__all__ = ["help_contacts", "issues", "questions", "registers"]
