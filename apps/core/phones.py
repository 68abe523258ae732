"""Phone numbers of Japan: read as people write them, stored as published, linked by digits. Pure.

A number that lost its first 0 (spreadsheets take it for an integer) is asked about, never repaired
without an answer.
"""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import shortnumberinfo

REGION = "JP"
SHORT_NUMBERS = {"171", "188"}  # beside those of phonenumbers: 110, 118, 119, 189
HASH = re.compile(r"#\d{4}")
MIN_DIGITS = 8  # digits; fewer are a short number or words such as 24時間
MAX_DIGITS = 11

_DASHES = re.compile(r"(?<=[\d)])\s*[‐‑–—―−ー~〜]\s*(?=[\d(])")
_BETWEEN = re.compile(r"[、,;\n/]|\s*または\s*")
_RUN = re.compile(r"[+#]?\(?\d[\d() \-]*\d|\d")
_LABEL = re.compile(r"^(?:tel|電話番号|電話|☎|℡)[.:\s]*", re.IGNORECASE)
_EXTENSION = re.compile(r"[\s(,]*(?:内線|ext\.?|x)[:.\s]*(\d{1,6})\)?", re.IGNORECASE)
_MORE = re.compile(r"\d{3}|\d-\d")  # digits that are no 24時間: the rest of a number
_FAX = re.compile(r"fax|ファック?ス|ファクシミリ", re.IGNORECASE)
_DATE = re.compile(r"[12]\d{3}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]\d{1,2}:\d\d.*)?")
_AS_NUMBER = re.compile(r"\d{6,}\.0+")
_ROUNDED = re.compile(r"\d(?:\.\d+)?e\+?\d+", re.IGNORECASE)


class PhoneError(ValueError):
    """The text is no phone number; the message says why and what to write."""


class LeadingZeroLost(PhoneError):
    """A number that is one with a 0 before it; ``restored`` is that number."""

    def __init__(self, written: str, restored: str):
        self.restored = restored
        super().__init__(
            f"電話「{written}」は、はじめの 0 がありません。{restored} のことですか。"
            "そうなら 0 から書いてください(Excel では、列を「文字列」にすると 0 が消えません)。"
        )


@dataclass(frozen=True)
class Phone:
    """One number with the words beside it."""

    number: str
    before: str = ""
    after: str = ""
    extension: str = ""

    @property
    def href(self) -> str:
        """``tel:`` and digits; ``+`` for another country, ``%23`` for #7119 and the like."""
        if self.number.startswith("+81"):
            return f"tel:{_digits(_written(phonenumbers.parse(self.number, REGION)))}"
        mark = {"+": "+", "#": "%23"}.get(self.number[0], "")
        return f"tel:{mark}{_digits(self.number)}"

    def __str__(self) -> str:
        extension = f"内線{self.extension}" if self.extension else ""
        return " ".join(part for part in (self.before, self.number, self.after, extension) if part)


def parse_phones(text: str, *, restore_zeros: bool = False) -> list[Phone]:
    """The numbers of one cell or field, in order. Raises PhoneError (LeadingZeroLost unless told
    yes).
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if _DATE.fullmatch(text):
        raise PhoneError(
            f"電話のところが日付「{text[:20]}」です。Excel が番号を日付に変えたのかもしれません。"
            "番号を書きなおしてください。"
        )
    if _ROUNDED.fullmatch(text):
        raise PhoneError(f"電話「{text}」は、Excel が丸めた数です。番号を書きなおしてください。")
    if _AS_NUMBER.fullmatch(text):
        raise PhoneError(
            f"電話「{text}」は、数として保存された番号です(おわりに .0 がついています)。"
            ".0 を消して、番号を書きなおしてください。"
        )
    parts = [part.strip() for part in _BETWEEN.split(_DASHES.sub("-", text))]
    return [_read(part, restore_zeros) for whole in parts if whole for part in _split(whole)]


def normalised_phones(text: str, *, restore_zeros: bool = False) -> str:
    """The numbers as they are stored and shown. Raises PhoneError."""
    return "、".join(str(phone) for phone in parse_phones(text, restore_zeros=restore_zeros))


def _split(part):
    """Two whole numbers with only a space between them are two."""
    pieces = part.split()
    are_whole = len(pieces) > 1 and all(_is_phone(piece) for piece in pieces)
    return pieces if are_whole and len(_digits(part)) > MAX_DIGITS else [part]


def _read(part, restore_zeros):
    if _FAX.search(part):
        raise PhoneError(f"「{part[:40]}」: FAX の番号は、電話のところには書けません。")
    found = _EXTENSION.search(part)
    bare = _EXTENSION.sub(" ", part) if found else part
    runs = list(_RUN.finditer(bare))
    for run in runs:
        words = bare[: run.start()] + " " + bare[run.end() :]
        if _is_phone(run[0]) and not _MORE.search(words):
            return _phone(bare, run, found[1] if found else "")
    for run in runs:
        restored = _with_zero(run[0])
        if restored and restore_zeros:
            return _read(f"{bare[: run.start()]}{restored}{bare[run.end() :]}", restore_zeros)
        if restored:
            raise LeadingZeroLost(run[0], restored)
    raise PhoneError(
        f"電話「{part[:40]}」を読めません。0761-00-0000 のように、市外局番から書いてください。"
    )


def _phone(part, run, extension):
    number = run[0].strip()
    if number.isdecimal() and number.startswith("0"):
        number = _written(phonenumbers.parse(number, REGION))
    before = _LABEL.sub("", part[: run.start()].strip()).strip(" :")
    return Phone(number, before, part[run.end() :].strip(), extension)


def _is_phone(text):
    digits = _digits(text)
    if HASH.fullmatch(text):
        return True
    if len(digits) < MIN_DIGITS:
        return text == digits and _is_short(digits)
    if not text.startswith("+") and not digits.startswith("0"):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, REGION))
    except phonenumbers.NumberParseException:
        return False


def _is_short(digits):
    if digits in SHORT_NUMBERS:
        return True
    number = phonenumbers.PhoneNumber(country_code=81, national_number=int(digits))
    return not digits.startswith("0") and shortnumberinfo.is_valid_short_number_for_region(
        number, REGION
    )


def _with_zero(text):
    """The number with its first 0 given back, or nothing."""
    digits = _digits(text)
    if text[0] in "+#" or digits.startswith("0") or len(digits) < MIN_DIGITS:
        return ""
    if not _is_phone(f"0{digits}"):
        return ""
    return f"0{text}" if "-" in text else _written(phonenumbers.parse(f"0{digits}", REGION))


def _written(number):
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def _digits(text):
    return re.sub(r"\D", "", text)
