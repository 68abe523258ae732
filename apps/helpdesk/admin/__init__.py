"""Staff pages of the helpdesk."""

from apps.helpdesk.admin import help_contacts

__all__ = ["help_contacts"]
