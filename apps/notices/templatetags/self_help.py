"""Whether there are self-help cards for whoever reads a page."""

from django import template
from django.template.context import Context

from apps.notices.reader_city import municipality_of_reader
from apps.notices.services import self_help

register = template.Library()


@register.simple_tag(takes_context=True)
def has_self_help(context: Context) -> bool:
    """Whether the reader's municipality shows any card: without one no page links to them."""
    municipality = municipality_of_reader(context["request"])
    return municipality is not None and bool(self_help.cards_shown_in(municipality.pk))
