"""Finding a place by words, however they are written. Pure."""

import re
import unicodedata

from apps.core.templatetags.japanese import RUBY

_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def fold(text):
    """Width, case, カタカナ or ひらがな, and spaces make no difference."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_TO_HIRAGANA)
    return re.sub(r"[\s・\-]+", "", text)


def same_name(name):
    """Two names that give the same are one name: readings, width, spaces make no difference."""
    return fold(RUBY.sub(r"\1", name))


def is_found(query, texts):
    """Whether every word of ``query`` stands in one of ``texts`` (with ruby), written or as read."""
    text = "\n".join(texts)
    stack = fold(RUBY.sub(r"\1", text)) + "\n" + fold(RUBY.sub(r"\2", text))
    return all(fold(word) in stack for word in query.split())
