"""Rules within one row, column by column, and how values are normalised.

A rule gets the set of distinct values of a column in a block of rows and returns the broken ones,
so that repeated values are checked once. Rules between rows are in
``roster.services.staging_tables``.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from apps.people.normalisation import normalise_code
from apps.roster.oneroster.columns import COLUMNS_READ, DEMOGRAPHICS

GRADES = {
    f"{kind}{n}"
    for kind, last in (("P", 6), ("J", 3), ("H", 3), ("E", 3))
    for n in range(1, last + 1)
}
ROLES = {"student", "teacher", "guardian", "administrator", "aide", "proctor", "principal"}
FOREIGN_ROLES = {"parent", "relative"}
CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
NUMBER = re.compile(r"0{0,9}[0-9]{1,3}").fullmatch
TRUE, FALSE = {"true", "1", "yes"}, {"false", "0", "no"}
INVISIBLE_CATEGORIES = {
    "Cc",
    "Cf",
    "Zl",
    "Zp",
}  # Unicode categories: controls, directions, zero width, line ends
BLANK_LETTERS = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
HALF_WIDTH = re.compile(r"[\uff66-\uff9f]").search
LOCAL_CODE = re.compile(r"\{C4th:([^{}]{1,40})\}", re.IGNORECASE).search
MAX_CODE_LENGTH = 40
MAX_LENGTHS = {
    "sourcedId": 64, "title": 60, "name": 60, "givenName": 60, "familyName": 60,
    "preferredGivenName": 60, "preferredFamilyName": 60, "metadata.jp.kanaGivenName": 60,
    "metadata.jp.kanaFamilyName": 60,
}  # fmt: skip


@dataclass(frozen=True)
class ColumnRule:
    """``broken`` gets the distinct values of ``column`` (or pairs with those of ``paired_with``)."""

    column: str
    reason: str
    broken: Callable[[set], set]
    paired_with: str | None = None
    is_note: bool = False


def rules_of_file(name):
    """The rules of a file, those for every file first."""
    every = () if name == DEMOGRAPHICS else _of_every_row(COLUMNS_READ[name])
    return [*every, *_OF_FILE.get(name, ())]


def _of_every_row(columns):
    yield ColumnRule("sourcedId", "sourcedIdが空です。", _empty)
    for column in columns:
        if column in MAX_LENGTHS:
            most = MAX_LENGTHS[column]
            yield ColumnRule(column, f"長すぎます({most}文字まで)。", _longer_than(most))
            yield ColumnRule(column, "読めない文字(こわれた文字)が入っています。", _damaged)
            yield ColumnRule(
                column, "目に見えない文字が入っています。取りのぞいてください。", _invisible
            )
    yield ColumnRule(
        "status",
        "全件(bulk)ではstatusを空にする決まりです。activeとして読みました。",
        lambda values: values & {"active"},
        is_note=True,
    )
    yield ColumnRule(
        "status",
        "statusは空にしてください(全件の名簿に消した人は入れません)。",
        lambda values: values - {"", "active"},
    )


def _empty(values):
    return values & {""}


def _damaged(values):
    """Values with the replacement character of a failed decoding."""
    return {value for value in values if "\ufffd" in value}


def _invisible(values):
    """Values with invisible characters or characters that change the writing direction."""
    return {value for value in values if any(map(_is_invisible, value))}


def _is_invisible(character):
    return character in BLANK_LETTERS or unicodedata.category(character) in INVISIBLE_CATEGORIES


def _not_words(values):
    return {value for value in values if _truth(value) not in ("", "true", "false")}


def _longer_than(most):
    return lambda values: {value for value in values if len(value) > most}


def _not_grades(values):
    return {v for v in values if not {part.strip() for part in v.split(",") if part} <= GRADES}


def _not_uuids(values):
    return {value for value in values if not CANONICAL(value) and _uuid(value) is None}


def _long_codes(values):
    return {value for value in values if len(_local_code(value)) > MAX_CODE_LENGTH}


def _half_width(values):
    return {value for value in values if HALF_WIDTH(value)}


def _not_numbers(values):
    return {v for v in values if v and not NUMBER(v)}


def _unlike(pattern, kind):
    """Codes of the type ``kind`` that do not match ``pattern`` once normalised."""
    found = re.compile(pattern).fullmatch
    return lambda pairs: {
        pair for pair in pairs if pair[1] == kind and not found(normalise_code(pair[0]))
    }


_GRADE = ColumnRule("grades", "学年はP1–P6・J1–J3・H1–H3・E1–E3で書いてください。", _not_grades)
_ROLE = (
    *(
        ColumnRule(
            "role",
            f"{role}は日本の決まりにありません。guardian(保護者)として読みました。",
            {role}.intersection,
            is_note=True,
        )
        for role in sorted(FOREIGN_ROLES)
    ),
    ColumnRule(
        "role",
        "roleはstudent・teacher・guardian・administratorのどれかです。",
        lambda values: values - ROLES - FOREIGN_ROLES,
    ),
)
_KANA = tuple(
    rule
    for column in ("metadata.jp.kanaGivenName", "metadata.jp.kanaFamilyName")
    for rule in (
        ColumnRule(column, "フリガナが空です。", _empty),
        ColumnRule(column, "フリガナが半角です。全角カタカナにしてください。", _half_width),
    )
)
_NAMES = tuple(
    ColumnRule(column, "名前が空です。", lambda pairs: pairs & {("", "")}, paired_with=other)
    for column, other in (
        ("preferredGivenName", "givenName"),
        ("preferredFamilyName", "familyName"),
    )
)
_OF_FILE = {
    "orgs": (
        ColumnRule(
            "type", "typeはdistrictかschoolにしてください。", lambda v: v - {"district", "school"}
        ),
        ColumnRule("identifier", "教育委員会コードは6けたの数字です(Excelで開くと先頭の0が消えます)。",
             _unlike(r"[0-9]{6}", "district"), "type"),
        ColumnRule("identifier", "学校コードは英字1字と数字12けたです。", _unlike(r"[A-H][0-9]{12}", "school"), "type"),
    ),
    "classes": (
        ColumnRule("classType", "classTypeはhomeroomかscheduledです。", lambda v: v - {"homeroom", "scheduled"}),
        _GRADE,
    ),
    "users": (
        _GRADE,
        *_KANA,
        *_NAMES,
        ColumnRule(
            "enabledUser",
            "enabledUserはtrueかfalseです(1と0、yesとnoも読めます)。",
            _not_words,
        ),
        ColumnRule("userIds", f"管理コードが長すぎます({MAX_CODE_LENGTH}文字まで)。", _long_codes),
        ColumnRule("userMasterIdentifier", "共通ID(UUID)がないか、形が違います。", _not_uuids),
    ),
    "roles": _ROLE,
    "enrollments": (
        *_ROLE,
        ColumnRule("primary", "primaryはtrueかfalseです。", lambda v: v - {"", "true", "false"}),
        ColumnRule("primary", "生徒のprimaryはfalseにしてください。",
             lambda pairs: pairs & {("true", "student")}, "role"),
        ColumnRule("metadata.jp.ShussekiNo", "出席番号は数字です。", _not_numbers),
    ),
    DEMOGRAPHICS: (
        ColumnRule("birthDate", "日付(YYYY-MM-DD)として読めません。使わずに進みます。",
             lambda values: {v for v in values if v and not _month(v)}, is_note=True),
    ),
}  # fmt: skip


# -- normalisation --------------------------------------------------------------------------------


def _local_code(text):
    """The 管理コード among a user's ids, normalised."""
    found = LOCAL_CODE(text)
    return normalise_code(found.group(1)) if found else ""


def _truth(text):
    """ "true" or "false" however it is written; anything else unchanged."""
    word = unicodedata.normalize("NFKC", text).strip().lower()
    return "true" if word in TRUE else "false" if word in FALSE else text


def _first_grade(text):
    return text.split(",")[0].strip()


def _role(text):
    return "guardian" if text in FOREIGN_ROLES else text


def _master(text):
    """A UUID in one spelling; anything else unchanged (and a problem)."""
    return text if CANONICAL(text) else str(_uuid(text) or text)


def _month(text):
    """The first day of a birth date's month: the day itself is not stored."""
    try:
        return date.fromisoformat(text).replace(day=1).isoformat()
    except ValueError:
        return ""


def _uuid(text):
    try:
        return UUID(text)
    except ValueError:
        return None


NORMALISERS = {
    "identifier": normalise_code,
    "userIds": _local_code,
    "grades": _first_grade,
    "role": _role,
    "userMasterIdentifier": _master,
    "birthDate": _month,
    "enabledUser": _truth,
    "metadata.jp.specialNeeds": _truth,
}
