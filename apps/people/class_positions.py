"""Normalises grade, class and number (学年・組・番号) as files write them. Pure: no Django."""

import re
import unicodedata

_PARTS = re.compile(r"^.*年|組$")


def class_position(grade: str, of_class: str, number: str) -> str:
    """Grade, class and number in one form (1・1年・中1, 1・1組・1年1組, 02); "" for none."""
    digits, title = re.findall(r"\d", _plain(str(grade))), _PARTS.sub("", _plain(of_class))
    number = _plain(str(number)).removesuffix("番").lstrip("0")
    good = len(digits) == 1 and title and number.isdigit() and number.isascii()
    return f"{digits[0]}|{title}|{number}" if good else ""


def _plain(text):
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()
