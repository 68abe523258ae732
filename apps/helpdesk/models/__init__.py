"""Whom to ask, what was asked, and what became of it."""

from apps.helpdesk.models.help_contacts import HelpContact

__all__ = ["HelpContact"]
