"""Staff pages of the helpdesk."""

from apps.helpdesk.admin import help_contacts, questions

__all__ = ["help_contacts", "questions"]
