"""Template filters for Japanese: ruby from 青空文庫 notation, line breaks, dates in words."""

import re
from functools import lru_cache

import budoux
import nh3
from django import template
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from apps.core import counters
from apps.core.clock import JST
from apps.core.counters import RUBY, WEEKDAYS, with_readings
from apps.core.graphemes import graphemes, is_rare
from apps.core.languages import PageLanguage, html_lang

register = template.Library()
_RUBY_HTML = (
    r'<ruby>\1<rp aria-hidden="true">(</rp><rt aria-hidden="true">\2</rt>'
    r'<rp aria-hidden="true">)</rp></ruby>'
)
# What touches the word under a ruby from the left: browsers would break お|知らせ and 11|月.
_TOGETHER = re.compile(rf"[0-9ぁ-んァ-ヶー]{{1,3}}{RUBY.pattern}[ぁ-ん]{{0,3}}")


@register.filter
def ruby(text):
    """``｜今日《きょう》`` becomes ruby; everything else is escaped.

    The reading is hidden from assistive technology, which would say the word twice.
    """
    safe = text if isinstance(text, SafeString) else escape(str(text or ""))
    return mark_safe(RUBY.sub(_RUBY_HTML, _TOGETHER.sub(r'<span class="word">\g<0></span>', safe)))


@register.simple_tag
def translated_ruby(msgid):
    """``{{ _("…")|ruby }}``, computed once a language (apps.core.template_loaders writes this tag)."""
    return _translated_ruby(str(msgid), get_language())


@lru_cache(maxsize=8192)
def _translated_ruby(msgid, language):
    return ruby(_(msgid))


@register.filter
def letters(text):
    """A name with its rare characters marked, so that they are drawn in a font that has them."""
    return mark_safe(
        "".join(
            f'<span class="rare">{escape(unit)}</span>' if is_rare(unit) else escape(unit)
            for unit in graphemes(str(text or ""))
        )
    )


@register.filter
def plain(text):
    """The text without its ruby, for titles, attributes and the lock screen."""
    return RUBY.sub(r"\1", str(text or ""))


_inline = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["link", "image"])


@register.filter
def prose(text):
    """A sentence or two in Markdown (emphasis and line breaks, nothing else), with ruby."""
    html = nh3.clean(_inline.renderInline(str(text or "")), tags={"strong", "em", "br"})
    return ruby(mark_safe(html))


@lru_cache(maxsize=1)
def _parser():
    return budoux.load_default_japanese_parser()


@lru_cache(maxsize=2048)
def _phrases(text):
    return tuple(_parser().parse(text))


@register.filter
def phrases(text):
    """Break opportunities between phrases (<wbr>) for headings and buttons, where no browser helps."""
    return mark_safe("<wbr>".join(escape(part) for part in _phrases(str(text or ""))))


@register.filter
def day(value):
    """「10月11日(火)」 (in English "Tue 11 Oct") in Japan's time, for a date or a datetime."""
    if not value:
        return ""
    value = value.astimezone(JST) if hasattr(value, "astimezone") else value
    if html_lang() == PageLanguage.EN:
        return f"{value:%a} {value.day} {value:%b}"
    return f"{value.month}月{value.day}日({WEEKDAYS[value.weekday()]})"


@register.filter
def moment(value):
    """「きょう 16:05」「きのう 18:02」「10月11日(火) 10:24」 in Japan's time, in the page's language."""
    if not value:
        return ""
    value = value.astimezone(JST)
    days = (timezone.now().astimezone(JST).date() - value.date()).days
    name = {0: _("きょう"), 1: _("きのう")}.get(days) or day(value)
    return f"{name} {value:%H:%M}"


@register.filter
def reading(text):
    """Adds the readings to dates and counted things in easy Japanese, for ``ruby`` to show."""
    return with_readings(str(text)) if get_language() == PageLanguage.EASY else text


@register.filter
def counted(n, unit):
    """``{{ n|counted:"つ" }}``: 「3つ」, from ten on 「10こ」."""
    return counters.counted(n, unit)
