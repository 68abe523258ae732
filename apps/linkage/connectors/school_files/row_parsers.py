"""Parses the cells of one row into a reduced fact, for each kind of file. Pure.

Each cell goes through a ``CellParser``, which parses each spelling once: a file repeats a few
hundred days and a dozen codes. A row function returns (what distinguishes the row from the
student's others, the day it counts for, data).
"""

import re
from calendar import monthrange
from datetime import date

from apps.linkage.connectors.school_files.dates import (
    day_parser,
    is_excel_serial,
    parse_day,
    parse_month,
    parse_school_year,
)
from apps.linkage.connectors.school_files.file_mapping import FORMULA_PREFIXES, normalise_text
from apps.people.normalisation import normalise_code

MAX_CODE_LENGTH = 40
MAX_SPELLINGS = 10_000  # spellings cached for a column; a file has fewer students
_SUBJECT = re.compile(r"[A-Z]\d{3}", re.ASCII)
_NUMBER = re.compile(r"\d{1,3}", re.ASCII)
TERM_START_MONTHS = {
    "1": 4,
    "2": 9,
    "3": 1,
    "FIRST": 4,
    "SECOND": 10,
}  # first months of the terms; our convention


class RowRefused(Exception):
    """A row cannot be imported: ``column`` and a sentence, without any cell."""

    def __init__(self, column, reason):
        super().__init__(reason)
        self.column, self.reason = column, reason


class CellParser(dict):
    """{cell as written: its value}. A cell without a valid value raises RowRefused and is not
    cached.

    ``reason`` is a sentence, or a function that gives one for a normalised cell.
    """

    def __init__(self, column, meaning, reason):
        super().__init__()
        self._column, self._meaning, self._reason = column, meaning, reason

    def __missing__(self, cell):
        text = normalise_text(cell)
        value = self._meaning(text)
        if value is None:
            reason = self._reason
            raise RowRefused(self._column, reason(text) if callable(reason) else reason)
        if len(self) < MAX_SPELLINGS:
            self[cell] = value
        return value


def parse_code(text):
    """A student's code of 1 to 40 printable characters that is no formula, or None.

    Normalised like every code. ``|`` separates the parts of a key, so it cannot be in one.
    """
    text = normalise_code(text)
    good = 0 < len(text) <= MAX_CODE_LENGTH and text.isprintable() and "|" not in text
    return text if good and not text.startswith(FORMULA_PREFIXES) else None


def parse_count(text):
    """A count of 0 to 999, or None."""
    return int(text) if _NUMBER.fullmatch(text) else None


def _subject(text):
    return text if _SUBJECT.fullmatch(text) else None


def _rating(text):
    return int(text) if text in {"1", "2", "3", "4", "5"} else None


def term_start(year, term):
    """The first day of a term's first month, for which its grades count."""
    return date(year + (TERM_START_MONTHS[term] < 4), TERM_START_MONTHS[term], 1)


_NO_DAY = (
    "日付が YYYY-MM-DD・YYYY/M/D・YYYY年M月D日・令和N年M月D日・YYYYMMDD の どれでも ありません。"
)
_SERIAL = "日付が Excelの 通し番号に なって います。日付の 形に して 書き出して ください。"
UNKNOWN_SEAT = "この 学年・組・番号の 生徒が 名簿に いないか、1人に 決まりません。"
MAX_MARK_LENGTH = 2  # letters of a mark in a register; a longer text may be a remark about somebody


def _no_day(text):
    return _SERIAL if is_excel_serial(text) else _NO_DAY


def _unknown(name):
    """Why a cell is not a known code of a column; a mark is quoted, a text is not."""

    def reason(text):
        named = 0 < len(text) <= MAX_MARK_LENGTH and not text.startswith(FORMULA_PREFIXES)
        return f"知らない {name}です{f'(「{text}」)' if named else ''}。"

    return reason


_MEANINGS = {
    "管理コード": (
        parse_code,
        "管理コードが ないか、長すぎるか、使えない 文字が あります。",
    ),
    "日付": (parse_day, _no_day),
    "来室日": (parse_day, _no_day),
    "年月": (parse_month, "年月が YYYY-MM・YYYY/M・YYYY年M月・YYYYMM の どれでも ありません。"),
    "年度": (parse_school_year, "年度が YYYY・YYYY年度・令和N年度 の どれでも ありません。"),
    "教科コード": (_subject, "教科コードが J010 のような 形では ありません。"),
    "評定": (_rating, "評定が 1から 5では ありません。"),
}
_NUMBERS = (parse_count, "0から 999までの 数では ありません。")


def cell_parsers(kind, mapping, begins=None):
    """The CellParser of each column of a kind, in order.

    A day without its year is of the school year that ``begins`` then, where that is given.
    """
    cells = [_cells(column, mapping, begins) for column in kind.columns]
    if mapping.by_seat:
        cells[0] = CellParser("番号", _whose(mapping.seats), UNKNOWN_SEAT)
    return cells


def _whose(seats):
    """A function that gives the code of the student on a seat; without a roster, the seat itself."""
    if seats is None:
        return lambda text: text.replace("|", "-") or None
    return seats.get


def _cells(column, mapping, begins):
    if column.codes is not None:
        return CellParser(column.name, mapping.codes_of(column).get, _unknown(column.name))
    meaning, reason = _MEANINGS.get(column.name, _NUMBERS)
    if begins is not None and meaning is parse_day:
        meaning = day_parser(begins)
    return CellParser(column.name, meaning, reason)


# -- one function a kind: from the CellParsers to the function that parses a row -----------------


def _day_and_code(name):
    def reader(_codes, days, marks):
        rows = {}  # the same day and code give the same fact

        def take(row):
            fact = rows.get(row[1:])
            if fact is None:
                iso, on = days[row[1]]
                fact = iso, on, {"date": iso, name: marks[row[2]]}
                if len(rows) < MAX_SPELLINGS:
                    rows[row[1:]] = fact
            return fact

        return take

    return reader


def _nurse_visit(_codes, days, halves, visits):
    def take(row):
        iso, on = days[row[1]]
        return iso, on, {"date": iso, "half": halves[row[2]], "visit": visits[row[3]]}

    return take


def _attendance_monthly(_codes, months, *counts):
    def take(row):
        named, first = months[row[1]]
        lessons, excused, absent, present = (
            cells[cell] for cells, cell in zip(counts[:4], row[2:6], strict=True)
        )
        due, late, early = (
            cells[cell] if cell.strip() else None
            for cells, cell in zip(counts[4:], row[6:], strict=True)
        )
        _add_up(first, lessons, excused, absent, present, due)
        data = {"month": named, "lessons": lessons, "excused": excused}
        data |= {"absent": absent, "present": present}
        given = {"late": late, "early": early}
        data |= {name: count for name, count in given.items() if count is not None}
        return named, first, data

    return take


def _add_up(first, lessons, excused, absent, present, due):
    """出席すべき = 授業 − 出停忌引等; 出席 = 出席すべき − 欠席 (指導要録「出欠の記録」)."""
    if lessons > monthrange(first.year, first.month)[1]:
        raise RowRefused("授業日数", "授業日数が 月の 日数より 多いです。")
    if due is not None and due != lessons - excused:
        raise RowRefused(
            "出席すべき日数", "出席すべき日数が 授業日数 − 出停忌引等日数と ちがいます。"
        )
    if present != lessons - excused - absent:
        raise RowRefused(
            "出席日数", "出席日数が 授業日数 − 出停忌引等日数 − 欠席日数と ちがいます。"
        )


def _grades(_codes, years, terms, subjects, *marks):
    def take(row):
        year, term, subject = years[row[1]], terms[row[2]], subjects[row[3]]
        aspects = [cells[cell] for cells, cell in zip(marks[:3], row[4:7], strict=True)]
        data = {"year": year, "term": term, "subject": subject, "aspects": aspects}
        if row[7].strip():
            data["rating"] = marks[3][row[7]]
        return f"{year}|{term}|{subject}", term_start(year, term), data

    return take


ROW_PARSERS = {
    "attendance_daily": _day_and_code("mark"),
    "attendance_monthly": _attendance_monthly,
    "nurse_visit": _nurse_visit,
    "grades": _grades,
    "kokoro_tenki": _day_and_code("weather"),
}


def key_parser(kind, cells):
    """A function that gives (what distinguishes a row from the student's others, its day) of a row
    whose other cells may be invalid. It raises RowRefused; None for a kind whose rows are numbered.
    """
    if kind.repeats:
        return lambda _: None
    if kind.name == "grades":
        years, terms, subjects = cells[1:4]

        def name(row):
            year, term, subject = years[row[1]], terms[row[2]], subjects[row[3]]
            return f"{year}|{term}|{subject}", term_start(year, term)

        return name
    return lambda row: cells[1][row[1]]
