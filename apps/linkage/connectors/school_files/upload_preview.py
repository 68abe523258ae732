"""Previews an uploaded file before it is imported, for the member of staff who uploads it. Pure.

Stores nothing; shows rows only in the form in which they would be stored. Unknown headers are shown
only where the first row is clearly a header: otherwise they may be personal data.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice

from apps.linkage.connectors.contract import Issue, Record
from apps.linkage.connectors.school_files import layouts
from apps.linkage.connectors.school_files.file_formats import FILE_FORMATS
from apps.linkage.connectors.school_files.file_mapping import SEAT_COLUMNS, complete_mappings
from apps.linkage.connectors.school_files.file_survey import MAX_BYTES, MAX_LINE_BYTES, survey_file
from apps.linkage.connectors.school_files.header_check import header_problem
from apps.linkage.connectors.school_files.row_reader import (
    HashingReader,
    UnreadableFile,
    locate_columns,
    read_rows,
)

MAX_ROWS_CHECKED = 2_000
UNKNOWN_HEADER = "1行めに 知って いる 見出しが ありません。"
_SHOWN = 60  # letters shown of a header


@dataclass(frozen=True)
class IssueCount:
    """The same problem in ``count`` rows, first at ``line`` (None: the whole file)."""

    reason: str
    column: str
    count: int
    line: int | None


@dataclass(frozen=True)
class UploadReport:
    """The kind of a file, its headers, and its first rows as they would be stored.

    ``kind`` is "" where no header is known. ``recognised`` are (our column, header); ``ignored``
    headers are never read, ``unknown`` ones belong to no kind, ``missing`` ones are needed.
    ``issues`` are of the first ``n_looked_at`` rows. ``can_be_taken``: the file is not refused as a
    whole.
    """

    name: str
    size: int
    sha256: str
    encoding: str = ""
    kind: str = ""
    label: str = ""
    purpose: str = ""
    recognised: tuple = ()
    ignored: tuple = ()
    unknown: tuple = ()
    missing: tuple = ()
    rows: tuple = ()
    issues: tuple = ()
    n_rows_checked: int = 0
    is_importable: bool = False


def preview_file(file, name, mappings=None, n=5, max_bytes=MAX_BYTES, today=date.max):
    """The UploadReport of a seekable binary file; ``mappings`` and ``today`` as for SchoolFiles."""
    found = survey_file(file, max_bytes)
    facts = {"name": name, "size": found.size, "sha256": found.sha256}
    if found.reason:
        return UploadReport(**facts, issues=(IssueCount(found.reason, "", 1, found.line),))
    cells = _first_row(file, found.encoding)
    mappings = complete_mappings(mappings)
    kind = _guess(cells, mappings, today)
    facts |= {"encoding": found.encoding}
    if kind is None:
        reason = _why_unknown(file, found.encoding, cells, mappings)
        return UploadReport(**facts, issues=(IssueCount(reason, "", 1, 1),))
    facts |= {"kind": kind.name, "label": kind.label, "purpose": kind.purpose}
    facts |= _headers(kind, mappings[kind.name], cells, today)
    return UploadReport(
        **facts, **_rows(kind, mappings[kind.name], file, name, found.encoding, n, today)
    )


def _first_row(file, encoding):
    file.seek(0)
    text = io.TextIOWrapper(HashingReader(file), encoding, "replace", newline="")
    try:
        return [
            cell.strip() for cell in next(csv.reader(iter([text.readline(MAX_LINE_BYTES)])), [])
        ]
    except csv.Error:
        return []


def _why_unknown(file, encoding, cells, mappings):
    names = {
        mappings[kind.name].header(column.name).strip()
        for kind in FILE_FORMATS.values()
        for column in kind.columns
    }
    file.seek(0)
    text = io.TextIOWrapper(HashingReader(file), encoding, "replace", newline="")
    rows = csv.reader(iter(partial(text.readline, MAX_LINE_BYTES), ""))
    next(rows, None)
    return header_problem(cells, rows, names | set(SEAT_COLUMNS)) or UNKNOWN_HEADER


def _guess(cells, mappings, today):
    """The kind most of whose needed headers are there (more than the student's code), or None."""

    def share(kind):
        mapping = mappings[kind.name]
        if not layouts.has_declared_layout(mapping):
            return float(not layouts.find_headers(kind, mapping, cells, today)[1])
        needed = [column for column in kind.columns if column.required]
        present = [c for c in needed[1:] if mapping.header(c.name).strip() in cells]
        return len(present) / len(needed[1:])

    best = max(FILE_FORMATS.values(), key=share)
    return best if share(best) > 0 else None


def _headers(kind, mapping, cells, today):
    if layouts.has_declared_layout(mapping):
        missing = locate_columns(kind, mapping, cells).missing
        ours = [(column.name, mapping.header(column.name).strip()) for column in kind.columns]
        found = [(name, theirs) for name, theirs in ours if theirs in cells]
    else:
        found, missing = layouts.find_headers(kind, mapping, cells, today)
    known = {theirs for _, theirs in found}
    rest = [_plain(cell) for cell in cells if cell and cell not in known]
    return {
        "recognised": tuple(found),
        "ignored": tuple(cell for cell in rest if cell in kind.never),
        "unknown": tuple(cell for cell in rest if cell not in kind.never),
        "missing": tuple(missing),
    }


def _plain(cell):
    return "".join(letter for letter in cell if letter.isprintable())[:_SHOWN]


def _rows(kind, mapping, file, name, encoding, n, today):
    """The first rows as they would be stored, and their problems, grouped."""
    records, groups, looked_at, whole = [], {}, 0, True
    try:
        found = read_rows(kind, mapping, HashingReader(file), name, encoding, today=today)
        for row in islice(found, MAX_ROWS_CHECKED):
            looked_at += 1
            if isinstance(row, Record):
                records += [row] if len(records) < n else []
            else:
                _count(groups, row)
    except UnreadableFile as unreadable:
        records, whole = [], False
        _count(groups, unreadable.issue)
    issues = tuple(IssueCount(*key, *counted) for key, counted in groups.items())
    return {
        "rows": tuple(records),
        "issues": issues,
        "n_rows_checked": looked_at,
        "is_importable": whole,
    }


def _count(groups, issue: Issue):
    """Count an issue; rows that repeat another name its line, but are one kind of problem."""
    reason = issue.reason.lstrip("0123456789")
    reason = "ほかの " + reason if reason != issue.reason else reason
    key = (reason, issue.column)
    count, line = groups.get(key, (0, issue.place.line))
    groups[key] = (count + 1, line)
