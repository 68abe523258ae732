"""What a file would give, before it is given: for the staff member who brings it. Pure.

Keeps nothing; shows rows only as they would be kept. Headers that no kind knows are shown only
where the first row is plainly a header: otherwise it may be somebody's data.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice

from apps.linkage.connectors.contract import Issue, Record
from apps.linkage.connectors.school_files import layouts
from apps.linkage.connectors.school_files.decoding import MAX_BYTES, MAX_LINE, survey
from apps.linkage.connectors.school_files.headings import why_no_header
from apps.linkage.connectors.school_files.kinds import KINDS
from apps.linkage.connectors.school_files.mapping import SEAT, mappings_of
from apps.linkage.connectors.school_files.reading import Hashing, Unreadable, header_of, read

LOOKED_AT = 2_000
UNKNOWN_HEADER = "1行めに 知って いる 見出しが ありません。"
_SHOWN = 60  # letters of a header


@dataclass(frozen=True)
class IssueCount:
    """The same problem in ``count`` rows, first at ``line`` (None: the whole file)."""

    reason: str
    column: str
    count: int
    line: int | None


@dataclass(frozen=True)
class UploadReport:
    """What a file is and what its first rows would become.

    ``kind`` is "" where no header is known. ``recognised`` are (our column, header); ``ignored``
    headers are never read, ``unknown`` ones are not asked for, ``missing`` ones are needed.
    ``issues`` are of the first ``n_looked_at`` rows. ``can_be_taken``: not refused as a whole.
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
    n_looked_at: int = 0
    can_be_taken: bool = False


def preview(file, name, mappings=None, n=5, max_bytes=MAX_BYTES, today=date.max):
    """The UploadReport of a seekable binary file; ``mappings`` and ``today`` as for SchoolFiles."""
    found = survey(file, max_bytes)
    told = {"name": name, "size": found.size, "sha256": found.sha256}
    if found.reason:
        return UploadReport(**told, issues=(IssueCount(found.reason, "", 1, found.line),))
    cells = _first_row(file, found.encoding)
    mappings = mappings_of(mappings)
    kind = _guess(cells, mappings, today)
    told |= {"encoding": found.encoding}
    if kind is None:
        reason = _why_unknown(file, found.encoding, cells, mappings)
        return UploadReport(**told, issues=(IssueCount(reason, "", 1, 1),))
    told |= {"kind": kind.name, "label": kind.label, "purpose": kind.purpose}
    told |= _headers(kind, mappings[kind.name], cells, today)
    return UploadReport(
        **told, **_rows(kind, mappings[kind.name], file, name, found.encoding, n, today)
    )


def _first_row(file, encoding):
    file.seek(0)
    text = io.TextIOWrapper(Hashing(file), encoding, "replace", newline="")
    try:
        return [cell.strip() for cell in next(csv.reader(iter([text.readline(MAX_LINE)])), [])]
    except csv.Error:
        return []


def _why_unknown(file, encoding, cells, mappings):
    names = {
        mappings[kind.name].header(column.name).strip()
        for kind in KINDS.values()
        for column in kind.columns
    }
    file.seek(0)
    text = io.TextIOWrapper(Hashing(file), encoding, "replace", newline="")
    rows = csv.reader(iter(partial(text.readline, MAX_LINE), ""))
    next(rows, None)
    return why_no_header(cells, rows, names | set(SEAT)) or UNKNOWN_HEADER


def _guess(cells, mappings, today):
    """The kind most of whose needed headers are there (more than the student's code), or None."""

    def share(kind):
        mapping = mappings[kind.name]
        if not layouts.is_plain(mapping):
            return float(not layouts.headers_of(kind, mapping, cells, today)[1])
        needed = [column for column in kind.columns if column.required]
        there = [c for c in needed[1:] if mapping.header(c.name).strip() in cells]
        return len(there) / len(needed[1:])

    best = max(KINDS.values(), key=share)
    return best if share(best) > 0 else None


def _headers(kind, mapping, cells, today):
    if layouts.is_plain(mapping):
        missing = header_of(kind, mapping, cells).missing
        ours = [(column.name, mapping.header(column.name).strip()) for column in kind.columns]
        found = [(name, theirs) for name, theirs in ours if theirs in cells]
    else:
        found, missing = layouts.headers_of(kind, mapping, cells, today)
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
    """What the first rows would be kept as, and their problems by kind of problem."""
    records, groups, looked_at, whole = [], {}, 0, True
    try:
        found = read(kind, mapping, Hashing(file), name, encoding, today=today)
        for row in islice(found, LOOKED_AT):
            looked_at += 1
            if isinstance(row, Record):
                records += [row] if len(records) < n else []
            else:
                _count(groups, row)
    except Unreadable as unreadable:
        records, whole = [], False
        _count(groups, unreadable.issue)
    issues = tuple(IssueCount(*key, *counted) for key, counted in groups.items())
    return {
        "rows": tuple(records),
        "issues": issues,
        "n_looked_at": looked_at,
        "can_be_taken": whole,
    }


def _count(groups, issue: Issue):
    """Rows that repeat another name its line: they are one kind of problem all the same."""
    reason = issue.reason.lstrip("0123456789")
    reason = "ほかの " + reason if reason != issue.reason else reason
    key = (reason, issue.column)
    count, line = groups.get(key, (0, issue.place.line))
    groups[key] = (count + 1, line)
