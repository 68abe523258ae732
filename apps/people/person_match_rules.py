"""How a person is told by name, address or number, whatever way it is written. Pure: no Django."""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from apps.people.normalisation import normalise_mail

MIN_PHONE_DIGITS = 9
_HIRAGANA_TO_KATAKANA = {kana: kana + 0x60 for kana in range(0x3041, 0x3097)}
_NUMBERS = re.compile(r"\+?\d(?:[\d()\- ]*\d)?")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ー"), "-")  # no sentence
_NO_LETTER = re.compile(r"[\W_]+")


class PersonMatch(StrEnum):
    """How sure it is that somebody is a person who is kept out."""

    CONTACT = "contact"  # the same address or number: it is them
    NAME = "name"  # the same name or reading alone: it may be somebody else


@dataclass(frozen=True)
class TypedPerson:
    """What is known of a person, as it was written; "" where nothing is."""

    family_name: str = ""
    given_name: str = ""
    family_kana: str = ""
    given_kana: str = ""
    mail: str = ""
    phone: str = ""  # one number or several, also within a sentence

    @property
    def names(self) -> set[str]:
        """The full name and its reading for comparing, in either order of the two parts."""
        pairs = ((self.family_name, self.given_name), (self.family_kana, self.given_kana))
        whole = [(_name(one), _name(other)) for one, other in pairs]
        return {
            f"{a}{b}"
            for one, other in whole
            if one and other
            for a, b in ((one, other), (other, one))
        }

    @property
    def contacts(self) -> set[str]:
        """The addresses and numbers for comparing."""
        mail = comparable_mail(self.mail)
        return ({f"mail:{mail}"} if mail else set()) | {
            f"phone:{number}" for number in comparable_phones(self.phone)
        }


def comparable_mail(text: str) -> str:
    """An address for comparing: one width and case, without what follows a plus."""
    name, at, domain = normalise_mail(text).partition("@")
    return f"{name.partition('+')[0]}@{domain}" if at and name and domain else ""


def comparable_phones(text: str) -> set[str]:
    """The digits of each number in a text; a number of Japan as it is dialled there."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    found = set()
    for run in _NUMBERS.findall(plain):
        digits = re.sub(r"\D", "", run)
        if run.startswith("+81"):
            digits = "0" + digits[2:].lstrip("0")
        if len(digits) >= MIN_PHONE_DIGITS:
            found.add(digits)
    return found


def digests_of(key: bytes, forms: set[str]) -> list[str]:
    """The digests of these forms under a person's own key, in no order that tells anything."""
    return sorted(hmac.new(key, form.encode(), hashlib.sha256).hexdigest() for form in forms)


def _name(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_HIRAGANA_TO_KATAKANA)
    return _NO_LETTER.sub("", plain)
