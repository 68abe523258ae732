"""Renders the body of a notice: Markdown without HTML, sanitised, with ruby."""

import re
from urllib.parse import unquote

import nh3
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from apps.core.phones import PhoneError, parse_phones
from apps.core.templatetags.japanese import RUBY, ruby

ALLOWED_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "h2",
    "h3",
    "h4",
    "a",
    "hr",
    "blockquote",
}
# During Markdown, a word with its reading is replaced by one letter (private use area): to
# Markdown ｜ and 》 are punctuation, beside which ** does not mean emphasis (CommonMark 6.2).
LINK_TOKEN = re.compile("\ue000([0-9]+)\ue001")
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})


def body_html(text):
    """Safe HTML of a notice's body. Tags that are not allowed become text."""
    return _render(text, _link)


def phone_problems(text: str) -> list[str]:
    """A sentence for each phone link in a body that cannot be read."""
    faults = []

    def check_link(tag, name, value):
        try:
            _phone_link(value)
        except PhoneError as error:
            faults.append(str(error))
        return value

    _render(text, check_link)
    return faults


def _link(tag, name, value):
    """A link's URL as it may be in a page; None removes a phone link without a valid number."""
    try:
        return _phone_link(value)
    except PhoneError:
        return None


def _phone_link(address):
    """``tel:`` and digits for a phone number; other URLs unchanged. Raises PhoneError."""
    scheme, _, number = address.partition(":")
    if scheme.lower() != "tel":
        return address
    found = parse_phones(unquote(number))
    if len(found) != 1:
        raise PhoneError(f"電話のリンク「{unquote(number)[:40]}」は、番号を1つだけにしてください。")
    return found[0].href


def _render(text, visit_attribute):
    words = []

    def put_away(found):
        words.append(found.group(0))
        return f"\ue000{len(words) - 1}\ue001"

    bare = re.sub("[\ue000\ue001]", "", text or "")
    clean = nh3.clean(
        _markdown.render(RUBY.sub(put_away, bare)),
        tags=ALLOWED_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=visit_attribute,
        url_schemes={"https", "http", "tel"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(LINK_TOKEN.sub(lambda found: ruby(words[int(found[1])]), clean))
