"""The own name of who comes in by a letter: in any script, and how it is read. Pure: no Django."""

import unicodedata

from apps.core.text import has_invisible

MAX_NAME_LENGTH = 60
_BETWEEN = set(" -'.·・’ʼ‐=＝")  # noqa: RUF001 - as names are written
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_HIRAGANA |= {0x309D: 0x30FD, 0x309E: 0x30FE}


def clean_name(text: str) -> str:
    """The name in one form: composed letters, one space between words, none around."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def clean_reading(text: str) -> str:
    """The same with ひらがな and half-width ｶﾅ as カタカナ."""
    return clean_name(unicodedata.normalize("NFKC", text).translate(_HIRAGANA))


def is_name(text: str) -> bool:
    """Whether it is made of letters of any script, and of what stands between the parts of names."""
    if has_invisible(text) or not any(c.isalpha() for c in text):
        return False
    return all(unicodedata.category(c)[0] in "LM" or c in _BETWEEN for c in text)


def needs_reading(name: str) -> bool:
    """Whether somebody of the school may not know how the name is read: it has Chinese characters."""
    return any("CJK" in unicodedata.name(c, "") for c in name) or "々" in name


def is_reading(text: str) -> bool:
    """Whether it says how a name is read: in カタカナ, or in Latin letters."""
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in text if c.isalpha()}
    return is_name(text) and scripts <= {"KATAKANA", "KATAKANA-HIRAGANA", "LATIN"}
