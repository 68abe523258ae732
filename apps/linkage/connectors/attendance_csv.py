"""Daily attendance from CSV files that a school puts into a folder (C4th 取込形式 v1, ours).

Columns 管理コード, 日付, 出欠区分, 備考; the last is never picked up. UTF-8 (with or without
BOM), else CP932, strictly. All files of a folder are one truth: the last file has the last word.
"""

import csv
import hashlib
import io
import re
from datetime import date
from pathlib import Path

from apps.linkage.connectors.contract import FileMark, FormatError, Issue, Page, Place, Record

CODE, DATE, MARK = COLUMNS = ("管理コード", "日付", "出欠区分")
FILES = "attendance_daily*.csv"
MAX_BYTES = 20 * 1024 * 1024
PAGE = 500
MARKS = {
    "出席": "PRESENT",
    "病欠": "ABSENT_SICK",
    "事故欠": "ABSENT_OTHER",
    "出停": "SUSPENDED",
    "忌引": "BEREAVEMENT",
    "遅刻": "LATE",
    "早退": "EARLY",
    "遅刻早退": "LATE_EARLY",
    "理由不明": "UNKNOWN",
}
CODES = set(MARKS.values())
_DATE = re.compile(r"(\d{4})(?:-(\d{2})-(\d{2})|/(\d{1,2})/(\d{1,2}))", re.ASCII)


class AttendanceCsv:
    """One folder of attendance files."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def check(self):
        """How many files lie in the folder. Raises FormatError where there is no such folder."""
        return f"フォルダに 出欠のファイルが {len(self._files())}個 あります。"

    def pull(self, cursor, agreed):
        """The files that are new or have changed, or all where the set of those who agree has."""
        contents = {path.name: _content(path) for path in self._files()}
        seen = {name: hashlib.sha256(body or b"").hexdigest() for name, body in contents.items()}
        before = cursor.get("files", {}) if cursor.get("agreed") == agreed else {}
        done = {name: sha for name, sha in before.items() if name in seen}
        for number, (name, body) in enumerate(contents.items(), start=1):
            if done.get(name) == seen[name]:
                continue
            done = {**done, name: seen[name]}
            mark = FileMark(name, seen[name], "attendance_daily")
            cursor_then = {"files": done, "agreed": agreed}
            yield from _pages(mark, list(read(name, body)), cursor_then, number / len(contents))

    def _files(self):
        """The files of the folder by name; a link that leads elsewhere is not followed."""
        if not self.folder.is_dir():
            raise FormatError("連携元の フォルダが ありません。")
        home = self.folder.resolve()
        return [
            path
            for path in sorted(self.folder.glob(FILES))
            if path.is_file() and path.resolve().parent == home
        ]


def _pages(mark, found, cursor, share):
    """The pages of one file; of one that holds nothing readable, a page of its problems only."""
    issues = [row for row in found if isinstance(row, Issue)]
    records = [row for row in found if isinstance(row, Record)]
    if not records:
        yield Page(issues=issues, cursor=cursor)
        return
    for start in range(0, len(records), PAGE):
        ends = start + PAGE >= len(records)
        yield Page(
            records=records[start : start + PAGE],
            issues=issues if ends else (),
            cursor=cursor if ends else None,
            file=mark,
            ends_file=ends,
            share=share,
        )


def read(name, content):
    """The Records and Issues of one file's bytes (None: too large), in order."""
    text = _text(content)
    if text is None:
        reason = "文字コードが UTF-8 でも CP932 でもないか、大きすぎます。"
        yield Issue(reason, Place(name))
        return
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            yield Issue("列が ありません。", Place(name, 1), "・".join(missing))
            return
        where = [header.index(column) for column in COLUMNS]
        for row in rows:
            if any(row):
                yield _record(row, where, Place(name, rows.line_num))
    except csv.Error:
        yield Issue(
            "CSVとして 読めません。ここから 先は 取り込みません。", Place(name, rows.line_num)
        )


def _record(row, where, place):
    if len(row) <= max(where):
        return Issue("列が 足りません。", place)
    code, day, mark = (row[index].strip() for index in where)
    if not code or len(code) > 40:
        return Issue("管理コードが ないか、長すぎます。", place, CODE)
    occurred_on = _day(day)
    if occurred_on is None:
        return Issue("日付が YYYY-MM-DD か YYYY/M/D では ありません。", place, DATE)
    mark = MARKS.get(mark, mark)
    if mark not in CODES:
        return Issue("知らない 出欠区分です。", place, MARK)
    day = occurred_on.isoformat()
    return Record(
        "attendance_daily", code, f"{code}|{day}", occurred_on, {"date": day, "mark": mark}, place
    )


def _day(text):
    found = _DATE.fullmatch(text)
    try:
        return found and date(*(int(part) for part in found.groups() if part))
    except ValueError:
        return None


def _content(path):
    with path.open("rb") as file:
        body = file.read(MAX_BYTES + 1)
    return body if len(body) <= MAX_BYTES else None


def _text(content):
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding, "strict") if content is not None else None
        except UnicodeDecodeError:
            continue
    return None
