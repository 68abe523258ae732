"""Searches texts with ruby, whatever the script or width of the query. Pure."""

import re
import unicodedata

from apps.core.templatetags.japanese import RUBY

_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def normalise_text(text):
    """A text normalised: width, case, カタカナ or ひらがな, and spaces make no difference."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_TO_HIRAGANA)
    return re.sub(r"[\s・\-]+", "", text)


def name_key(name):
    """The key of a name: readings, width and spaces make no difference."""
    return normalise_text(RUBY.sub(r"\1", name))


def matches_query(query, texts):
    """Whether every word of ``query`` is in one of ``texts`` (with ruby), as written or as read."""
    text = "\n".join(texts)
    stack = normalise_text(RUBY.sub(r"\1", text)) + "\n" + normalise_text(RUBY.sub(r"\2", text))
    return all(normalise_text(word) in stack for word in query.split())
