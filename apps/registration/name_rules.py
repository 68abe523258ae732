"""Rules for the name of a newcomer: in any script, and its reading. Pure: no Django."""

import unicodedata

from apps.core.text import has_invisible

MAX_NAME_LENGTH = 60
_BETWEEN = set(" -'.·・’ʼ‐=＝")  # noqa: RUF001 - as names are written
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_HIRAGANA |= {0x309D: 0x30FD, 0x309E: 0x30FE}


def clean_name(text: str) -> str:
    """The name normalised: composed letters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def clean_reading(text: str) -> str:
    """The reading normalised, with ひらがな and half-width ｶﾅ as カタカナ."""
    return clean_name(unicodedata.normalize("NFKC", text).translate(_HIRAGANA))


def is_name(text: str) -> bool:
    """Whether it consists of letters of any script and the punctuation of names."""
    if has_invisible(text) or not any(c.isalpha() for c in text):
        return False
    return all(unicodedata.category(c)[0] in "LM" or c in _BETWEEN for c in text)


def needs_reading(name: str) -> bool:
    """Whether the name contains Chinese characters, so that its reading may be unknown."""
    return any("CJK" in unicodedata.name(c, "") for c in name) or "々" in name


def is_reading(text: str) -> bool:
    """Whether it is a reading: in カタカナ, or in Latin letters."""
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in text if c.isalpha()}
    return is_name(text) and scripts <= {"KATAKANA", "KATAKANA-HIRAGANA", "LATIN"}
