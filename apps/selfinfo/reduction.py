"""Reduces an answer of わたしの情報 to the few facts that are kept. Pure: no Django, no clock.

Kept are: counts and one flag of a household, year and band of an income, yes or no and two months
of each allowance. No amount, no name, no date of birth.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from apps.linkage.self_info_facts import (
    ALLOWANCES,
    FLAT_ONLY,
    HOUSEHOLD,
    INCOME,
    NON_TAXABLE,
    SCHEMES,
    TAXED,
)
from apps.selfinfo.session_states import KEPT, NOT_ANSWERED, NOTHING, UNREADABLE

ADULT_FROM = 18  # 民法 第4条
MAX_MEMBERS = 30

_PARTS = {"receiving": "受けているか", "from": "はじまりの月", "until": "おわりの月"}
# The meaning of an item -> (purpose, its name for people). Nothing else can be mapped.
MEANINGS = {
    "member_birth": (HOUSEHOLD, "世帯の人の生年月日(人数にします)"),
    "tax_year": (INCOME, "課税の年度"),
    "levy_on_income": (INCOME, "住民税の所得割(有無だけ)"),
    "levy_flat": (INCOME, "住民税の均等割(有無だけ)"),
    **{
        f"{scheme}_{part}": (ALLOWANCES, f"{name}: {label}")
        for scheme, name in SCHEMES.items()
        for part, label in _PARTS.items()
    },
}

_SEPARATORS = r"[\s\-‐‑‒–—―−ー－_.,/・･·、。]*"
_NUMBER = re.compile(rf"\d(?:{_SEPARATORS}\d){{11,}}")


class IndividualNumberFound(ValueError):
    """There may be an individual number where none is allowed."""


@dataclass(frozen=True)
class AnswerPart:
    """The part of an answer for one 特定個人情報名コード. ``items`` are (item code, text) in their order."""

    is_held: bool = False
    is_answered: bool = True
    items: tuple = field(default=(), repr=False)


@dataclass(frozen=True)
class ReducedAnswer:
    """The reduced facts of one purpose: {name: facts}, or why there are none."""

    outcome: str
    facts: dict = field(default_factory=dict, repr=False)


def has_individual_number(text):
    """Whether a text has twelve or more digits in a row, full-width or with separators.

    個人番号 has twelve digits (番号法施行令 第8条). Its check digit is ignored: a mistyped number is somebody's
    number too.
    """
    return bool(_NUMBER.search(unicodedata.normalize("NFKC", str(text))))


def refuse_individual_numbers(value):
    """Raises IndividualNumberFound for a number anywhere in plain data (dict, list, scalar)."""
    inner = value.items() if isinstance(value, dict) else value
    if isinstance(value, dict | list | tuple):
        for one in inner:
            refuse_individual_numbers(one)
    elif has_individual_number(value):
        raise IndividualNumberFound


def purpose_of_meaning(meaning):
    """The purpose that a meaning serves."""
    return MEANINGS[meaning][0]


def requested_items(meanings):
    """The requested items in words, one line an item, or a line a scheme (tuple of str)."""
    meanings = set(meanings)
    plain = [MEANINGS[m][1] for m in MEANINGS if m in meanings and MEANINGS[m][0] != ALLOWANCES]
    for scheme, name in SCHEMES.items():
        parts = [label for part, label in _PARTS.items() if f"{scheme}_{part}" in meanings]
        plain += [f"{name}({'、'.join(parts)})"] if parts else []
    return tuple(plain)


def reduce_answer(purpose, codes, parts, today):
    """The ReducedAnswer of one purpose.

    ``codes`` is {(name code, item code): meaning} of that purpose, ``parts`` {name code:
    AnswerPart}, ``today`` the date on which ages are counted.
    """
    item_parts = [
        parts.get(name, AnswerPart(is_answered=False)) for name in {name for name, _ in codes}
    ]
    if not any(part.is_answered for part in item_parts):
        return ReducedAnswer(NOT_ANSWERED)
    if not any(part.is_held for part in item_parts):
        return ReducedAnswer(NOTHING)
    try:
        facts = _REDUCERS[purpose](_values(codes, parts), today)
        refuse_individual_numbers(facts)
    except ValueError:  # its content is not passed on
        return ReducedAnswer(UNREADABLE)
    return ReducedAnswer(KEPT if facts else NOTHING, facts)


def _values(codes, parts):
    """{meaning: [text]} of the mapped items; everything else is dropped."""
    found = {}
    for name, part in parts.items():
        for item, text in part.items:
            meaning = codes.get((name, item))
            if meaning and text:
                if has_individual_number(text):
                    raise IndividualNumberFound
                found.setdefault(meaning, []).append(text)
    return found


def _household(values, today):
    births = values.get("member_birth", [])
    if len(births) > MAX_MEMBERS:
        raise ValueError
    adults = sum(_age(_day(text), today) >= ADULT_FROM for text in births)
    if not births:
        return {}
    counts = {"adults": adults, "children": len(births) - adults, "single_adult": adults == 1}
    return {HOUSEHOLD: counts}


def _income(values, today):
    levies = {"levy_on_income", "levy_flat"} & values.keys()
    if not levies and "tax_year" not in values:
        return {}
    year = _year(_only(values, "tax_year"), today)
    if not levies:
        raise ValueError
    on_income, flat = (_is_levied(values, name) for name in ("levy_on_income", "levy_flat"))
    band = TAXED if on_income else FLAT_ONLY if flat else NON_TAXABLE
    return {INCOME: {"year": year, "band": band}}


def _allowances(values, today):
    found = {scheme: _scheme(values, scheme) for scheme in SCHEMES}
    return {scheme: facts for scheme, facts in found.items() if facts}


def _scheme(values, scheme):
    """The facts of one scheme, by whether it is received; months alone mean nothing."""
    if f"{scheme}_receiving" not in values:
        return None
    months = {
        end: _month(_only(values, f"{scheme}_{end}"))
        for end in ("from", "until")
        if f"{scheme}_{end}" in values
    }
    return {"scheme": scheme, "receiving": _yes(_only(values, f"{scheme}_receiving")), **months}


_REDUCERS = {HOUSEHOLD: _household, INCOME: _income, ALLOWANCES: _allowances}


def _only(values, meaning):
    """The one value of a meaning. Raises ValueError where there is none, or two different ones."""
    (value,) = set(values.get(meaning, ()))
    return _ascii(value)


def _ascii(text):
    return unicodedata.normalize("NFKC", text).strip()


def _day(text):
    text = _ascii(text).replace("-", "").replace("/", "")
    if not re.fullmatch(r"\d{8}", text):
        raise ValueError
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _month(text):
    found = re.fullmatch(r"(\d{4})[-/]?(\d{2})(?:[-/]?\d{2})?", text)
    if not found or not 1 <= int(found[2]) <= 12:
        raise ValueError
    return f"{found[1]}-{found[2]}"


def _year(text, today):
    if not re.fullmatch(r"\d{4}", text) or not today.year - 10 <= int(text) <= today.year + 1:
        raise ValueError
    return int(text)


def _is_levied(values, meaning):
    """Whether an amount is above zero; the amount itself is dropped."""
    if meaning not in values:
        return False
    text = _only(values, meaning).replace(",", "").removesuffix("円")
    if not re.fullmatch(r"\d{1,11}", text):
        raise ValueError
    return int(text) > 0


def _yes(text):
    if text not in ("0", "1"):
        raise ValueError
    return text == "1"


def _age(born_on, today):
    if born_on > today:
        raise ValueError
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
