"""Shows the stored texts of questions in the page's language."""

from django import template

from apps.checkins import shipped_questions

register = template.Library()


@register.filter
def in_page_language(text: str) -> str:
    """``{{ question.text|in_page_language|ruby }}``: translated where we ship it, else as written."""
    return shipped_questions.in_page_language(text)
