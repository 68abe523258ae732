"""Whether there are self-help cards for whoever reads a page."""

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template.context import Context

from apps.notices.services import organisations, self_help

register = template.Library()


@register.simple_tag(takes_context=True)
def has_self_help(context: Context) -> bool:
    """Whether the reader's municipality shows any card: without one no page links to them."""
    user = getattr(context["request"], "user", None) or AnonymousUser()
    code = context["request"].GET.get("city", "")[:6]
    municipality = organisations.reader_municipality(user, code)
    return municipality is not None and bool(self_help.cards_shown_in(municipality.pk))
