"""The body of a notice: Markdown without HTML, cleaned, with ruby. Pure but for the escaping."""

import re

import nh3
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from apps.core.templatetags.japanese import RUBY, ruby

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "h2", "h3", "h4", "a", "hr", "blockquote"}
# While Markdown works, a word with its reading is one letter-like token (private use area): to
# Markdown ｜ and 》 are punctuation, beside which ** does not mean emphasis (CommonMark 6.2).
TOKEN = re.compile("\ue000([0-9]+)\ue001")
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})


def body_html(text):
    """Safe HTML of a notice's body. Whatever is not on the list of tags is only text."""
    words = []

    def put_away(found):
        words.append(found.group(0))
        return f"\ue000{len(words) - 1}\ue001"

    bare = re.sub("[\ue000\ue001]", "", text or "")
    clean = nh3.clean(
        _markdown.render(RUBY.sub(put_away, bare)),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "tel"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(TOKEN.sub(lambda found: ruby(words[int(found[1])]), clean))
