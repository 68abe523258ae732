"""Text in the units a person sees: a character with its marks and its variation selector. Pure."""

import unicodedata
from collections.abc import Iterator

JOINER = "\u200d"


def is_selector(char: str) -> bool:
    """Whether this is a variation selector (U+FE00–FE0F, U+E0100–E01EF)."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def graphemes(text: str) -> Iterator[str]:
    """The characters of ``text``, each with the marks, selectors and joiners that follow it."""
    unit = ""
    for char in text:
        joins = is_selector(char) or unicodedata.category(char) in ("Mn", "Me") or char == JOINER
        if unit and (joins or unit.endswith(JOINER)):
            unit += char
            continue
        if unit:
            yield unit
        unit = char
    if unit:
        yield unit


def without_selectors(grapheme: str) -> str:
    """The grapheme in the plain form of its characters."""
    return "".join(char for char in grapheme if not is_selector(char))


def is_rare(grapheme: str) -> bool:
    """Whether many fonts lack it: a selector, a character beyond U+FFFF, a compatibility form."""
    return any(is_selector(c) or ord(c) > 0xFFFF or "\uf900" <= c <= "\ufaff" for c in grapheme)
