"""Phone numbers on the page: a link for each number, the text beside it with readings."""

import re

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe

from apps.core.phones import PhoneError, parse_phones
from apps.core.templatetags.japanese import ruby

register = template.Library()
READINGS = {
    "代表": "だいひょう", "内線": "ないせん", "直通": "ちょくつう", "夜間": "やかん", "昼間": "ひるま",
    "平日": "へいじつ", "休日": "きゅうじつ", "相談専用": "そうだんせんよう",
}  # fmt: skip
_KNOWN = re.compile("|".join(READINGS))


@register.filter
def phone_links(text):
    """A ``tel:`` link for each number. What cannot be parsed stays text: no link that dials
    nothing.
    """
    return _drawn(text, lambda one: format_html('<a class="tel" href="{}">{}</a>', one.href, one.number))  # fmt: skip


@register.filter
def phone_lines(text):
    """The numbers for paper, one a line, without links."""
    return _drawn(text, lambda one: format_html('<span class="tel">{}</span>', one.number))


def _drawn(text, draw):
    try:
        numbers = parse_phones(str(text or ""))
    except PhoneError:
        return escape(text)
    return mark_safe("<br>".join(" ".join(_pieces(one, draw)) for one in numbers))


def _pieces(one, draw):
    extension = f"内線{one.extension}" if one.extension else ""
    pieces = [_words(one.before), draw(one), _words(one.after), _words(extension)]
    return [piece for piece in pieces if piece]


def _words(text):
    return ruby(_KNOWN.sub(lambda found: f"｜{found[0]}《{READINGS[found[0]]}》", text))
