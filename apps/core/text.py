"""Text normalisation for comparing and storing. Pure."""

import re
import unicodedata

# Zero width, direction of writing, fillers: what nobody sees, and what makes two names look as one.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
)


def has_invisible(text: str) -> bool:
    """Whether the text contains a character that no reader sees."""
    return INVISIBLE.search(text) is not None


# What alone shows nothing: controls, formats, halves of a pair, marks without a letter, blanks.
_UNSEEN_CATEGORIES = {"Cc", "Cf", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"}
_EMPTY_PATTERN = "\u2800"  # of braille: no dot


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing of the text: only blanks and invisible characters."""
    return not any(
        unicodedata.category(character) not in _UNSEEN_CATEGORIES and character != _EMPTY_PATTERN
        for character in INVISIBLE.sub("", text)
    )


def plain_lines(text: str) -> str:
    """The text with ``\\n`` between lines, no blanks at their ends and none around the whole.

    Browsers send textareas with ``\\r\\n``: what differs in this alone is the same text.
    """
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
