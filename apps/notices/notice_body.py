"""The body of a notice: Markdown without HTML, cleaned, with ruby. Pure but for the escaping."""

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
# While Markdown works, a word with its reading is one letter-like token (private use area): to
# Markdown ｜ and 》 are punctuation, beside which ** does not mean emphasis (CommonMark 6.2).
LINK_TOKEN = re.compile("\ue000([0-9]+)\ue001")
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})


def body_html(text):
    """Safe HTML of a notice's body. Whatever is not on the list of tags is only text."""
    return _render(text, _link)


def phone_problems(text: str) -> list[str]:
    """Why links to phone numbers in a body cannot be read, a sentence each."""
    faults = []

    def look(tag, name, value):
        try:
            _phone_link(value)
        except PhoneError as error:
            faults.append(str(error))
        return value

    _render(text, look)
    return faults


def _link(tag, name, value):
    """An address as it may stand in a page; None takes a phone link away that dials nothing."""
    try:
        return _phone_link(value)
    except PhoneError:
        return None


def _phone_link(address):
    """``tel:`` and digits for one phone number; other addresses as they are. Raises PhoneError."""
    scheme, _, number = address.partition(":")
    if scheme.lower() != "tel":
        return address
    found = parse_phones(unquote(number))
    if len(found) != 1:
        raise PhoneError(f"電話のリンク「{unquote(number)[:40]}」は、番号を1つだけにしてください。")
    return found[0].href


def _render(text, look_at_link):
    words = []

    def put_away(found):
        words.append(found.group(0))
        return f"\ue000{len(words) - 1}\ue001"

    bare = re.sub("[\ue000\ue001]", "", text or "")
    clean = nh3.clean(
        _markdown.render(RUBY.sub(put_away, bare)),
        tags=ALLOWED_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=look_at_link,
        url_schemes={"https", "http", "tel"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(LINK_TOKEN.sub(lambda found: ruby(words[int(found[1])]), clean))
