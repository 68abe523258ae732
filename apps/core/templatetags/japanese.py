"""Japanese on the page: ruby from 青空文庫 notation, line breaks between words, dates in words."""

import re
from functools import lru_cache

import budoux
import nh3
from django import template
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from apps.core.clock import JST

register = template.Library()
RUBY = re.compile(r"｜([^｜《》]+)《([^｜《》]+)》")
WEEKDAYS = "月火水木金土日"
WEEKDAY_READINGS = dict(
    zip(WEEKDAYS, ("げつ", "か", "すい", "もく", "きん", "ど", "にち"), strict=True)
)
DATE = re.compile(rf"(\d+)月(\d+)日\(([{WEEKDAYS}])\)")
DAY_READINGS = {
    "1": "ついたち", "2": "ふつか", "3": "みっか", "4": "よっか", "5": "いつか", "6": "むいか",
    "7": "なのか", "8": "ようか", "9": "ここのか", "10": "とおか", "14": "じゅうよっか",
    "20": "はつか", "24": "にじゅうよっか",
}  # fmt: skip


@register.filter
def ruby(text):
    """``｜今日《きょう》`` becomes ruby; everything else is escaped.

    The reading is hidden from assistive technology, which would say the word twice.
    """
    safe = text if isinstance(text, SafeString) else escape(str(text or ""))
    return mark_safe(
        RUBY.sub(
            r'<ruby>\1<rp aria-hidden="true">(</rp><rt aria-hidden="true">\2</rt>'
            r'<rp aria-hidden="true">)</rp></ruby>',
            safe,
        )
    )


@register.filter
def plain(text):
    """The words without their ruby, for titles, attributes and the lock screen."""
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
    """「10月11日(火)」 in Japan's time, for a date or a datetime."""
    if not value:
        return ""
    value = value.astimezone(JST) if hasattr(value, "astimezone") else value
    return f"{value.month}月{value.day}日({WEEKDAYS[value.weekday()]})"


@register.filter
def moment(value):
    """「きょう 16:05」「きのう 18:02」「10月11日(火) 10:24」 in Japan's time."""
    if not value:
        return ""
    value = value.astimezone(JST)
    days = (timezone.now().astimezone(JST).date() - value.date()).days
    name = {0: "きょう", 1: "きのう"}.get(days) or day(value)
    return f"{name} {value:%H:%M}"


@register.filter
def reading(text):
    """Adds the readings to a date of ``day`` or ``moment``, for the filter ``ruby`` to show."""
    return DATE.sub(_read, text)


def _read(found):
    month, date, weekday = found.groups()
    days = f"｜{date}日《{DAY_READINGS[date]}》" if date in DAY_READINGS else f"{date}｜日《にち》"
    return f"{month}｜月《がつ》{days}(｜{weekday}《{WEEKDAY_READINGS[weekday]}》)"
