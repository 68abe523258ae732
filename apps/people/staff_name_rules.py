"""Which members of staff a student means by words typed freely. Pure: no Django.

In doubt more people are meant: whoever is meant reads nothing.
"""

import re
import unicodedata
from dataclasses import dataclass

# what students write -> the role that is meant (a value of people.Role)
ROLE_WORDS = {
    "担任": "homeroom",  # no sentence
    "たんにん": "homeroom",  # no sentence
    "保健": "nurse",  # no sentence
    "ほけん": "nurse",  # no sentence
    "養護": "nurse",  # no sentence
    "カウンセラー": "counsellor",  # no sentence
    "ソーシャルワーカー": "social_worker",  # no sentence
    "校長": "principal",  # no sentence
    "教頭": "principal",  # no sentence
    "こうちょう": "principal",  # no sentence
    "きょうとう": "principal",  # no sentence
    "主任": "year_head",  # no sentence
    "事務": "office",  # no sentence
}
_HONORIFICS = re.compile(r"(先生|せんせい|センセイ|さん|くん|ちゃん|様|氏)$")  # no sentence
_SPACES = re.compile(r"[\s・]+")  # no sentence


@dataclass(frozen=True)
class StaffName:
    """One post: whose account it is, the name as staff write it, the role, and whether it is the
    student's own class.
    """

    user_id: object
    name: str
    role: str
    is_own_class: bool = False


def people_meant(words: str, staff: list[StaffName]) -> set:
    """The user ids that these words may mean; an empty set where they match nobody."""
    typed = _plain(words)
    if not typed:
        return set()
    roles = {role for word, role in ROLE_WORDS.items() if word in typed}
    found = {one.user_id for one in staff if _has_role(one, roles)}
    return found | {one.user_id for one in staff if _is_named(one.name, typed)}


def _has_role(one: StaffName, roles: set[str]) -> bool:
    return one.role in roles and (one.role != "homeroom" or one.is_own_class)


def _is_named(name: str, typed: str) -> bool:
    whole = _plain(name)
    parts = [_plain(part) for part in _SPACES.split(unicodedata.normalize("NFKC", name))]
    if typed in parts or whole == typed:
        return True
    return len(typed) > 1 and len(whole) > 1 and (typed in whole or whole in typed)


def _plain(words: str) -> str:
    text = _SPACES.sub("", unicodedata.normalize("NFKC", words or "")).casefold()
    return _HONORIFICS.sub("", text)
