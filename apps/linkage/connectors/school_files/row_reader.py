"""The second pass over a file: one Record or one Issue for each row, in order. Pure.

Only the columns of its kind are read. Facts already seen are remembered as one small number for
each student and day (or month, or subject), so that memory does not grow with the file.
"""

import csv
import hashlib
import io
from array import array
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from operator import itemgetter

from apps.core.school_years import school_year_of
from apps.linkage.connectors.contract import Issue, Record, SourcePosition
from apps.linkage.connectors.school_files import layouts
from apps.linkage.connectors.school_files.file_mapping import SEAT_COLUMNS
from apps.linkage.connectors.school_files.header_check import header_problem
from apps.linkage.connectors.school_files.late_and_early import LateAndEarlyPairs
from apps.linkage.connectors.school_files.row_parsers import (
    ROW_PARSERS,
    RowRefused,
    cell_parsers,
    key_parser,
)
from apps.linkage.connectors.value_limits import DATE_IN_FUTURE, date_problem

MAX_STUDENTS = 10_000  # students of a file; the largest school is far below it
MAX_SLOTS = 1_000  # days, months or subjects and terms of one school year
SLOTS_ADDED = 32  # slots added at once
MAX_HEADER_CELLS = 500  # cells of the first row that are looked at
MAX_SPELLINGS = 10_000  # different cells counted in the column that gives the year
OTHER_SCHOOL_YEAR = "ファイルの ほかの 行と ちがう 年度の 行です。"


class UnreadableFile(Exception):
    """Nothing of the file may be imported; ``issue`` says why."""

    def __init__(self, issue):
        super().__init__(issue.reason)
        self.issue = issue


class HashingReader(io.RawIOBase):
    """A binary file that counts and hashes the bytes read from its beginning."""

    def __init__(self, file):
        super().__init__()
        self._file = file
        self.rewind()

    def rewind(self):
        """Go back to the beginning and reset count and hash."""
        self._file.seek(0)
        self._digest, self.size = hashlib.sha256(), 0

    def readable(self):
        return True

    def readinto(self, buffer):
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self._digest.update(block)
        self.size += len(block)
        return len(block)

    @property
    def sha256(self):
        """Hex digest of the bytes read so far."""
        return self._digest.hexdigest()


@dataclass(frozen=True)
class HeaderColumns:
    """The positions of a kind's columns in a file, and which are missing or there twice."""

    where: tuple
    missing: tuple = ()
    twice: tuple = ()


def locate_columns(kind, mapping, cells):
    """The HeaderColumns of a file's first row. ``where`` has None for an optional column not there."""
    cells = [cell.strip() for cell in cells[:MAX_HEADER_CELLS]]
    names = [(column, mapping.header(column.name).strip()) for column in kind.columns]
    return HeaderColumns(
        tuple(cells.index(name) if name in cells else None for _, name in names),
        tuple(name for column, name in names if column.required and name not in cells),
        tuple(name for _, name in names if cells.count(name) > 1),
    )


def read_rows(kind, mapping, file, name, encoding, *, today=date.max, block=1 << 16):
    """Every row's Record or Issue. ``file`` is a HashingReader and of the ``encoding`` that the
    survey found.

    The file is read twice: first for the school year of most of its rows, which is the year of the
    file. Days after ``today`` are refused. Raises UnreadableFile where it is not this kind's CSV,
    UnicodeDecodeError where it has changed.
    """
    file.rewind()
    with _lines(file, encoding, block) as text:
        pairs = LateAndEarlyPairs(kind, mapping)
        year = _year_of(kind, mapping, csv.reader(text, strict=True), today, pairs)
    file.rewind()
    with _lines(file, encoding, block) as text:
        rows = csv.reader(text, strict=True)
        try:
            cells, plain = _plain(kind, mapping, rows, today, name)
            where = _where(kind, mapping, cells, name, rows)
            seen = SeenFacts(kind, name, year, today)
            yield from _rows(kind, mapping, plain, where, seen, pairs)
        except csv.Error:
            reason = "CSVとして 読めません。この ファイルからは 何も 取り込みません。"
            raise UnreadableFile(Issue(reason, SourcePosition(name, rows.line_num))) from None


def _plain(kind, mapping, rows, today, name):
    """(header, rows) in the declared columns, whatever the file's layout. Raises UnreadableFile."""
    cells = next(rows, [])
    if layouts.has_declared_layout(mapping):
        return cells, rows
    cells = [cell.strip() for cell in cells[:MAX_HEADER_CELLS]]
    _, missing = layouts.find_headers(kind, mapping, cells, today)
    if missing:
        names = {
            mapping.header(one).strip() for one in (*SEAT_COLUMNS, *(c.name for c in kind.columns))
        }
        raise UnreadableFile(_no_columns(name, missing, header_problem(cells, rows, names)))
    found = layouts.DeclaredRows(kind, mapping, rows, cells, today)
    return found.header, found


@contextmanager
def _lines(file, encoding, block):
    """The file as text; closing the text leaves the file open."""
    text = io.TextIOWrapper(io.BufferedReader(file, block), encoding, "strict", newline="")
    try:
        yield text
    finally:
        text.detach().detach()


def _year_of(kind, mapping, rows, today, pairs):
    """The school year of most rows of a file, among years that have begun; else the current one.

    The LateAndEarlyPairs ``pairs`` note the rows as well.
    """
    this_year = _school_year((None, today))
    try:
        cells, plain = _plain(kind, mapping, rows, today, "")
        where = locate_columns(kind, mapping, cells).where
        counts = Counter() if None in where[:3] else _counted(plain, where, pairs)
    except (csv.Error, UnreadableFile):
        return this_year
    pairs.end()
    years, meaning = Counter(), cell_parsers(kind, mapping)[1]
    for cell, n in counts.items():
        try:
            years[_school_year(meaning[cell])] += n
        except RowRefused:
            continue
    begun = {year: n for year, n in years.items() if year <= this_year}
    return max(begun, key=lambda year: (begun[year], year), default=this_year)


def _counted(rows, where, pairs):
    """Counter of the cells of the column that gives the year, up to a limit."""
    counts, index = Counter(), where[1]
    for row in rows:
        pairs.note(where, row)
        if len(row) > index and (row[index] in counts or len(counts) < MAX_SPELLINGS):
            counts[row[index]] += 1
    return counts


def _school_year(meant):
    """The school year (April to March) of a parsed cell: a year, or (its name, a date)."""
    if isinstance(meant, int):
        return meant
    return school_year_of(meant[1])


def _where(kind, mapping, cells, name, rows):
    header = locate_columns(kind, mapping, cells)
    if header.missing:
        names = {mapping.header(column.name).strip() for column in kind.columns}
        raise UnreadableFile(_no_columns(name, header.missing, header_problem(cells, rows, names)))
    if header.twice:
        reason = "同じ 見出しの 列が 2つ あります。"
        raise UnreadableFile(Issue(reason, SourcePosition(name, 1), "・".join(header.twice)))
    return header.where


def _no_columns(name, missing, why):
    return Issue(why or "列が ありません。", SourcePosition(name, 1), "・".join(missing))


def _rows(kind, mapping, rows, where, seen, pairs):
    """The loop over every row: a quarter of a million a second, so it is one function."""
    width = max(index for index in where if index is not None) + 1
    pick = itemgetter(*(width if index is None else index for index in where))
    filled = None in where
    cells = cell_parsers(kind, mapping, seen.begins)
    merged = pairs.merged if pairs.both else None
    codes, take, name = cells[0], ROW_PARSERS[kind.name](*cells), seen.name
    new = tuple.__new__  # as the tuples' own constructors, without keyword arguments
    refused_of = partial(_subject_and_key, codes, key_parser(kind, cells), seen)
    slots, lines_of, repeats, kind_name = seen.slots, seen.lines, kind.repeats, kind.name
    for row in rows:
        if len(row) < width:
            if any(row):
                short = [*row, *[""] * (width - len(row)), ""]
                about = refused_of(pick(short))
                yield Issue("列が 足りません。", SourcePosition(name, rows.line_num), "", *about)
            continue
        if filled:
            row[width:] = ("",)
        picked = pick(row)
        if merged is not None and (picked := merged(picked)) is None:
            continue  # merged into the other row of a 遅刻早退
        line = rows.line_num
        try:
            subject = codes[picked[0]]
            rest, on, data = take(picked)
            slot = slots.get(rest)
            if slot is None:
                slot = seen.slot(rest, on)
        except RowRefused as refused:
            if any(row):
                about = refused_of(picked, refused.reason)
                yield Issue(refused.reason, SourcePosition(name, line), refused.column, *about)
            continue
        lines = lines_of.get(subject)
        if lines is None or slot >= len(lines):
            lines = seen.slots_of(subject, slot)
        before = lines[slot]
        if repeats:
            lines[slot] = before + 1
            rest = f"{rest}|{before + 1}"
        elif before:
            yield Issue(_twice(before), SourcePosition(name, line))
            continue
        else:
            lines[slot] = line
        place = new(SourcePosition, (name, line))
        yield new(Record, (kind_name, subject, f"{subject}|{rest}", on, data, place))


def _subject_and_key(codes, name_of, seen, picked, reason=""):
    """(code, key) of a refused row, "" for what cannot be read of it.

    A future day counts as read: registers are filled in beforehand.
    """
    try:
        subject = codes[picked[0]]
    except RowRefused:
        return "", ""
    if reason == DATE_IN_FUTURE:
        return "", ""
    try:
        named = name_of(picked)
        if named is None:
            return subject, ""
        seen.slot(*named)
    except RowRefused:
        return subject, ""
    return subject, f"{subject}|{named[0]}"


def _twice(line):
    return f"{line}行めと 同じ 人の 同じ 時の 行です。はじめの 行を 取り込みました。"


class SeenFacts:
    """The facts a file has stated so far: {student: the line (or the number) by slot}."""

    def __init__(self, kind, name, year, today):
        self.slots, self.lines, self.name = {}, {}, name
        self._column, self._year, self._today = kind.columns[1].name, year, today
        self.begins = date(max(1, year), 4, 1)

    def slot(self, rest, on):
        """A small number for a day, month or subject. Raises RowRefused outside the file's school
        year.

        A wrongly typed year must not make the file cover days of another school year (April to
        March, 学校教育法施行規則 59条), nor may a future day.
        """
        if reason := date_problem(on, self._today):
            raise RowRefused(self._column, reason)
        if _school_year((None, on)) != self._year:
            raise RowRefused(self._column, OTHER_SCHOOL_YEAR)
        if len(self.slots) >= MAX_SLOTS:
            raise self._too_many("日や 教科")
        return self.slots.setdefault(rest, len(self.slots))

    def slots_of(self, subject, slot):
        """The student's array, long enough for this slot. Raises UnreadableFile at too many
        students.
        """
        if len(self.lines) >= MAX_STUDENTS and subject not in self.lines:
            raise self._too_many("管理コード")
        lines = self.lines.setdefault(subject, array("I"))
        lines.frombytes(bytes(lines.itemsize * (slot + SLOTS_ADDED - len(lines))))
        return lines

    def _too_many(self, what):
        reason = f"{what}が 多すぎます。この ファイルからは 何も 取り込みません。"
        return UnreadableFile(Issue(reason, SourcePosition(self.name)))
