"""Saves the language a person chose for their pages."""

from apps.core.languages import language_for
from apps.people.models import User


def choose_language(user: User, language: str) -> None:
    """Save the person's choice. Raises ValueError for anything but a PageLanguage."""
    if language_for("", language) != language:
        raise ValueError(language)
    user.page_language = language
    user.save(update_fields=["page_language"])
