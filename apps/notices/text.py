"""The body of a notice: Markdown without HTML, cleaned, with ruby. Pure but for the escaping."""

import nh3
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from apps.core.templatetags.japanese import ruby

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "h2", "h3", "h4", "a", "hr", "blockquote"}
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})


def body_html(text):
    """Safe HTML of a notice's body. Whatever is not on the list of tags is only text."""
    clean = nh3.clean(
        _markdown.render(text or ""),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "tel"},
        link_rel="noopener noreferrer",
    )
    return ruby(mark_safe(clean))
