"""What a page says: its text without readings (ruby) and tags."""

import re

READINGS_AND_TAGS = re.compile(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>")


def text_of(html: str) -> str:
    """The text of this HTML."""
    return READINGS_AND_TAGS.sub("", html)
