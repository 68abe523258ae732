"""Reads a spreadsheet file as rows of text: bounded, with a sentence for every refusal.

The type is recognised by the bytes: names and content types are not asked.
"""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from apps.core import xlsx_rows

MAX_BYTES = 1024 * 1024
MAX_UNPACKED = 20 * 1024 * 1024
MAX_PARTS = 500
MAX_ROWS, MAX_COLUMNS, MAX_CELL = xlsx_rows.MAX_ROWS, xlsx_rows.MAX_COLUMNS, xlsx_rows.MAX_CELL
TIME_LIMIT_S = 10  # in wall-clock time, whatever the process does
READER_PROGRAM = Path(xlsx_rows.__file__)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
DAMAGED_KANA = re.compile("[縺繧繝]")  # what kana of UTF-8 look like when read as Shift_JIS
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
TOO_COSTLY = "この Excel ファイルは、読むのに手間がかかりすぎます。表だけを新しいブックに写して、保存しなおしてください。"  # fmt: skip
PROBLEMS = {
    "rows": f"行が多すぎます({MAX_ROWS}行まで)。",
    "columns": f"列が多すぎます({MAX_COLUMNS}列まで)。",
    "text": "文字が多すぎます。",
    "cell": f"{{0}} の文字が多すぎます({MAX_CELL}文字まで)。",
    "formula": "{0} の式の結果が、ファイルにありません。値だけを貼り付けて、保存しなおしてください。",
    "error": "{0} が、Excel のエラー(#N/A など)になっています。",
    "no_sheet": "シートがありません。",
    "memory": TOO_COSTLY,
    "damaged": "Excel ファイルとして読めません。開いて、もう一度 .xlsx で保存してみてください。",
}


class UnreadableSpreadsheet(Exception):
    """The file cannot be read; the message is a sentence that says why."""


@dataclass
class SpreadsheetTable:
    """Headings and rows; ``lines`` are the rows' numbers as a spreadsheet shows them."""

    headings: list[str]
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def read_table(content: bytes) -> SpreadsheetTable:
    """The table of a CSV or XLSX file. Raises UnreadableSpreadsheet."""
    if not content.strip():
        raise UnreadableSpreadsheet("ファイルが空です。")
    if len(content) > MAX_BYTES:
        raise UnreadableSpreadsheet("ファイルが大きすぎます(1 MB まで)。")
    if content.startswith(OLE):
        raise UnreadableSpreadsheet(_why_not_old(content))
    if content.startswith(b"PK"):
        return _table(_workbook(content))
    start = content[:512].lstrip().lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"%pdf")):
        raise UnreadableSpreadsheet(
            "表のファイルではありません。CSV か Excel (.xlsx) で保存してください。"
        )
    return _table(_csv(_decoded(content)))


# -- workbooks --------------------------------------------------------------------------------------


def _why_not_old(content):
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "パスワードがかかっています。外して保存してから、選んでください。"
    return "古い形式(.xls)です。Excel で .xlsx か CSV で保存しなおしてください。"


def _workbook(content):
    _look_into_zip(content)
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(READER_PROGRAM)],
            input=content, capture_output=True, timeout=TIME_LIMIT_S, check=True,
        )  # fmt: skip
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:  # out of time, or ended by its bounds
        raise UnreadableSpreadsheet(TOO_COSTLY) from error
    if "problem" in answer:
        code, *where = answer["problem"]
        raise UnreadableSpreadsheet(PROBLEMS[code].format(*where))
    return answer["rows"]


def _look_into_zip(content):
    """Before unpacking: how much it would be, and whether it is a workbook at all."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableSpreadsheet(PROBLEMS["damaged"]) from error
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise UnreadableSpreadsheet(TOO_COSTLY)
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableSpreadsheet(
            "パスワードがかかっています。外して保存してから、選んでください。"
        )
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise UnreadableSpreadsheet("Excel ファイル(.xlsx)ではありません。zip の中身なら、取り出して選んでください。")  # fmt: skip


# -- CSV --------------------------------------------------------------------------------------------


def _decoded(content):
    """UTF-8, UTF-16 with its mark, or Shift_JIS (CP932), for the whole file."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):  # fmt: skip
        if content.startswith(mark):
            return _decode(content, encoding)
    if content.count(b"\0") * 5 > len(content):
        raise UnreadableSpreadsheet(
            "UTF-16 のようですが、印(BOM)がありません。CSV UTF-8 で保存しなおしてください。"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        _refuse_mixture(content)
        if _is_mostly_utf8(content):
            raise UnreadableSpreadsheet(_broken("UTF-8")) from None
        return _decode(content, "cp932")


def _refuse_mixture(content):
    """Lines of UTF-8 beside lines of Shift_JIS, each readable: two files were put together."""
    kinds = [_kind(line) for line in content.split(b"\n")]
    if "UTF-8" not in kinds or "Shift_JIS" not in kinds:
        return
    few = min(("UTF-8", "Shift_JIS"), key=kinds.count)
    raise UnreadableSpreadsheet(
        f"2種類の文字コードがまざっています({kinds.index(few) + 1}行めは {few}、ほかにちがう行があります)。"
        "一つのブックに写して、CSV UTF-8 で保存しなおしてください。"
    )


def _kind(line):
    """UTF-8 or Shift_JIS where a line of Japanese is certainly one of them; else nothing."""
    if line.isascii():
        return ""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        if _is_mostly_utf8(line):
            return ""
    else:
        return "UTF-8" if JAPANESE.search(text) else ""
    text = line.decode("cp932", errors="ignore")
    is_whole = text.encode("cp932", errors="ignore") == line and len(JAPANESE.findall(text)) > 1
    return "Shift_JIS" if is_whole and not DAMAGED_KANA.search(text) else ""


def _decode(content, encoding):
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-16":
            _refuse_mixture(content)
        name = {"cp932": "UTF-8 でも Shift_JIS でも", "utf-16": "UTF-16"}.get(encoding, "UTF-8")
        raise UnreadableSpreadsheet(_broken(name)) from error


def _broken(name):
    as_what = name if name.endswith("でも") else f"{name} としては"
    return f"文字がこわれていて、{as_what}読めません。CSV UTF-8 で保存しなおしてください。"


def _is_mostly_utf8(content):
    """A UTF-8 file with a damaged place, which CP932 would read as other characters."""
    text = content.decode("utf-8", errors="replace")
    n_broken, n_wide = text.count("\ufffd"), sum(char > "\x7f" for char in text)
    return n_broken * 5 < n_wide


def _csv(text):
    first = text.partition("\n")[0]
    marks = [mark for mark in ",\t;" if mark in first]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=(marks or [","])[0]))
    except csv.Error as error:
        raise UnreadableSpreadsheet(
            'CSV として読めません。"(引用符)のとじ忘れがないか見てください。'
        ) from error
    return [(number, row) for number, row in enumerate(rows, 1) if any(map(str.strip, row))]


# -- both -------------------------------------------------------------------------------------------


def _table(rows):
    _check_cells(rows)
    if not rows:
        raise UnreadableSpreadsheet("ファイルが空です。")
    if rows[0][0] != 1:
        raise UnreadableSpreadsheet("1行めに見出しがありません。1行めには、名前 などの見出しを書いてください。")  # fmt: skip
    if len(rows) == 1:
        raise UnreadableSpreadsheet("見出しだけで、ほかの行がありません。")
    width = max(len(cells) for _, cells in rows)
    whole = [(number, [*cells, *[""] * (width - len(cells))]) for number, cells in rows]
    headings = [heading.strip() for heading in whole[0][1]]
    _check_headings(headings, whole[1:])
    used = [place for place, heading in enumerate(headings) if heading]
    return SpreadsheetTable(
        [headings[place] for place in used],
        [[cells[place] for place in used] for _, cells in whole[1:]],
        [number for number, _ in whole[1:]],
    )


def _check_cells(rows):
    if len(rows) > MAX_ROWS + 1:
        raise UnreadableSpreadsheet(PROBLEMS["rows"])
    for number, cells in rows:
        if len(cells) > MAX_COLUMNS:
            raise UnreadableSpreadsheet(PROBLEMS["columns"])
        for cell in cells:
            if len(cell) > MAX_CELL:
                raise UnreadableSpreadsheet(f'{number}行めの文字が多すぎます。"(引用符)のとじ忘れがないか見てください。')  # fmt: skip
            if CONTROL.search(cell):
                raise UnreadableSpreadsheet(
                    f"{number}行めに、文字でないもの(制御文字)が入っています。"
                )


def _check_headings(headings, rows):
    twice = [name for name, n in Counter(filter(None, headings)).items() if n > 1]
    if twice:
        raise UnreadableSpreadsheet(f"「{twice[0]}」の列が2つあります。")
    for place, heading in enumerate(headings):
        lines = [number for number, cells in rows if not heading and cells[place].strip()]
        if lines:
            raise UnreadableSpreadsheet(f"{lines[0]}行めの{place + 1}列めに値がありますが、1行めに見出しがありません。")  # fmt: skip
