"""Normalises codes, mail addresses and names for comparison. Pure: no Django.

A 管理コード is compared, stored and looked up in this form only.
"""

import unicodedata

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_INVISIBLE = ("Cc", "Cf", "Cs")
# Invisible characters (Default_Ignorable_Code_Point) beyond those categories.
_BLANK = frozenset(
    map(chr, [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0,
              *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)  # fmt: skip


def normalise_code(text: str) -> str:
    """``text`` in half width (NFKC), upper case, trimmed, without invisible characters.

    Ａ０１, a01 and A01 are one code; 0012 and 12 are two (see ``without_leading_zeros``).
    """
    if text.isascii() and text.isalnum():
        return text.upper()
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    seen = (c for c in wide.translate(_DASHES) if unicodedata.category(c) not in _INVISIBLE)
    return "".join(seen).strip()


def normalise_mail(text: str) -> str:
    """A mail address in half width (also ＠), lower case, without blanks or invisible characters."""
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in wide if not _is_unseen(c) and not c.isspace())


def plain_account_name(text: str) -> str:
    """A user name or address of a school account in its one form; "" where it could be mistaken.

    Half width (NFKC) and lower case. What then is not plain ASCII (а of another alphabet, an
    invisible character, a blank) is no name: it only looks like one.
    """
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    is_plain = wide.isascii() and wide.isprintable() and " " not in wide
    return wide if is_plain and 3 <= len(wide) <= 254 and wide.count("@") <= 1 else ""


def _is_unseen(c):
    return unicodedata.category(c) in _INVISIBLE or c in _BLANK


def normalise_name(text: str) -> str:
    """A name or title for comparing: in one width and case, runs of blanks as one."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def without_leading_zeros(code: str) -> str:
    """A code of digits without leading zeros (0012 → 12, 000 → 0); others unchanged.

    ``code`` is in the form of ``normalise_code``.
    """
    return (code.lstrip("0") or "0") if code.isascii() and code.isdigit() else code
