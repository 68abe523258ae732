"""The neutral page in templates."""

from typing import NamedTuple

from django import template
from django.template.context import Context

from apps.people.neutral_pages import outside_address
from apps.people.services.neutral_pages import neutral_page_for

register = template.Library()


class NeutralTarget(NamedTuple):
    """Where 「すぐに閉じる」 leads: the code of the choice, and its address outside the portal."""

    code: str
    outside: str


@register.simple_tag(takes_context=True)
def neutral_page(context: Context) -> NeutralTarget:
    """The NeutralTarget of whoever reads this page."""
    code = neutral_page_for(getattr(context["request"], "user", None))
    return NeutralTarget(code, outside_address(code))
