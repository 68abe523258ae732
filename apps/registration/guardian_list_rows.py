"""Reads an uploaded list of guardians: the meaning of its columns and rows. Pure."""

import re
import unicodedata
from dataclasses import dataclass

from apps.people.class_positions import class_position
from apps.people.normalisation import normalise_code, normalise_name

MAX_LENGTH = 120
FIELDS = {  # field: (its words, headings that mean it)
    "code": ("管理コード", ("管理コード", "生徒番号", "児童番号", "学籍番号")),
    "grade": ("学年", ("学年", "年")),
    "class": ("組", ("組", "学級", "クラス")),
    "number": ("番号", ("番号", "番", "出席番号", "名簿番号")),
    "name": ("保護者の名前", ("保護者名", "保護者氏名", "保護者", "保護者の名前", "保護者1", "保護者名1")),
    "reading": ("読み", ("保護者フリガナ", "保護者ふりがな", "保護者カナ", "読み", "フリガナ", "ふりがな")),
    "relation": ("続柄", ("続柄", "保護者続柄", "続柄1")),
    "name2": ("二人目の保護者の名前", ("保護者2", "保護者名2", "保護者氏名2", "第二保護者", "二人目の保護者")),
    "reading2": ("二人目の読み", ("読み2", "フリガナ2", "ふりがな2", "保護者フリガナ2", "保護者カナ2")),
    "relation2": ("二人目の続柄", ("続柄2", "保護者続柄2")),
}  # fmt: skip
RELATION_WORDS = {
    "mother": ("母", "母親"), "father": ("父", "父親"), "adoptive": ("養親", "養父", "養母"),
    "grandparent": ("祖父母", "祖父", "祖母"), "foster": ("里親",), "legal": ("未成年後見人", "後見人"),
    "home_head": ("施設長",), "home_staff": ("施設の職員", "施設職員"),
    "guidance_head": ("児童相談所長",),
}  # fmt: skip
RELATION_OF_WORD = {word: code for code, words in RELATION_WORDS.items() for word in words}
NOT_LETTERS = re.compile(r"^[\W\d_]+$")


@dataclass(frozen=True)
class ListedName:
    """One guardian named by a row: of which student (``code`` or ``seat``), in which line."""

    line: int
    code: str
    seat: str
    name: str
    reading: str
    relation: str  # "" where the row has none


def guess_columns(headings: list[str]) -> dict[str, str]:
    """{field: heading} as far as the headings are known; each heading once."""
    plain = {_plain(heading): heading for heading in reversed(headings)}
    found = {}
    for field, (_, known) in FIELDS.items():
        heading = next((plain[_plain(one)] for one in known if _plain(one) in plain), "")
        if heading and heading not in found.values():
            found[field] = heading
    return found


def column_problem(columns: dict[str, str]) -> str:
    """What is missing or chosen twice; "" where the columns identify student and guardian."""
    if len(set(columns.values())) != len(columns):
        return "同じ列を、二つのことに選んでいます。"
    if "code" not in columns and not {"grade", "class", "number"} <= set(columns):
        return "どの子どもかがわかる列(管理コード、または 学年・組・番号の三つ)を選んでください。"
    return "" if "name" in columns else "保護者の名前の列を選んでください。"


def read_rows(
    headings: list[str], rows: list[list[str]], lines: list[int], columns: dict[str, str]
) -> tuple[list[ListedName], list[tuple[int, str]]]:
    """(listed names, [(line, why the row was not read)]); rows without any name are left out."""
    at = {field: headings.index(heading) for field, heading in columns.items()}
    listed, problems = [], []
    for line, cells in zip(lines, rows, strict=True):
        cell = {field: cells[place].strip() for field, place in at.items()}
        whose = _whose(cell)
        found = [
            _listed_name(line, whose, cell, end) for end in ("", "2") if cell.get(f"name{end}")
        ]
        why = _why_not(whose, found)
        if why:
            problems.append((line, why))
        else:
            listed += found
    return listed, problems


def name_key(name: str) -> str:
    """A name for comparison: width, case and blanks do not matter."""
    return normalise_name(name).replace(" ", "")


def _whose(cell):
    code = normalise_code(cell.get("code", ""))
    return code, class_position(
        cell.get("grade", ""), cell.get("class", ""), cell.get("number", "")
    )


def _listed_name(line, whose, cell, end):
    word = unicodedata.normalize("NFKC", cell.get(f"relation{end}", "")).strip()
    relation = (RELATION_OF_WORD.get(word) or "other") if word else ""
    name = " ".join(cell[f"name{end}"].split())
    return ListedName(line, *whose, name, " ".join(cell.get(f"reading{end}", "").split()), relation)


def _why_not(whose, found):
    if not found:
        return "保護者の名前がありません。"
    if not any(whose):
        return "どの子どもかがわかりません(管理コードか、学年・組・番号がありません)。"
    if any(max(len(each.name), len(each.reading)) > MAX_LENGTH for each in found):
        return f"名前か読みが{MAX_LENGTH}字より長いです。"
    if any(NOT_LETTERS.match(each.name) for each in found):
        return "名前に文字がありません。"
    return ""


def _plain(heading):
    return unicodedata.normalize("NFKC", heading).replace(" ", "")
