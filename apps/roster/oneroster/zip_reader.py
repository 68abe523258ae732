"""Reads a zip as blocks of rows: manifest, headers, encodings. Trusts nothing in it.

Only one block is held at a time, so a roster of a million rows needs no more memory than a small
one.
"""

import codecs
import csv
import io
import lzma
import struct
import zipfile
import zlib
from functools import partial

from apps.roster.oneroster.columns import (
    ALTERNATIVE_SPELLINGS,
    COLUMNS,
    COLUMNS_READ,
    COMMON_COLUMNS,
    DEMOGRAPHICS,
    OPTIONAL_COLUMNS,
    REQUIRED_FILES,
    VERSIONS,
)
from apps.roster.oneroster.report import FileReport
from apps.roster.oneroster.row_blocks import read_blocks

MAX_ZIP_BYTES, MAX_ENTRIES, MAX_FILES = 400_000_000, 60, 2_500_000_000
SMALL_ENTRY_BYTES = 40_000_000  # a larger entry must not be a zip bomb:
MAX_COMPRESSION_RATIO = 60  # compression ratio (rosters of UUIDs and names have 4 to 20)
MAX_LINE, MAX_MANIFEST, CHUNK = 1_000_000, 200_000, 1 << 18
UTF_16_MESSAGE = "文字コードがUTF-16です。UTF-8(CSV UTF-8)で書き出し直してください。"
UNREADABLE_MESSAGE = "zipが壊れているか、パスワード付きです。作り直してください。"
ZIP_ERRORS = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, IndexError,
    struct.error, ValueError, zlib.error, lzma.LZMAError,
)  # fmt: skip


def read_zip(file, put=None):
    """The FileReport of a zip (bytes, or a seekable binary file), as far as single rows go.

    ``put(name, blocks)`` takes a file's blocks of rows (see ``read_blocks``) and must consume them.
    Never raises for the zip's content: every fault is a problem in the report.
    """
    reading = FileReport()
    put = put or (lambda name, found: [None for _ in found])
    archive = _open(io.BytesIO(file) if isinstance(file, bytes) else file, reading)
    for name in _names(archive, reading) if archive else ():
        put(name, _blocks(archive, name, reading))
    return reading


def _open(file, reading):
    """The archive, or None after reporting why not."""
    try:
        size = file.seek(0, io.SEEK_END)
        if size > MAX_ZIP_BYTES:
            raise ValueError
        archive = NestedZipFile(file)
        sizes = [entry.file_size for entry in archive.infolist()]
    except ZIP_ERRORS:
        reason = "zipファイルとして開けません。OneRosterのzipを選んでください。"
        reading.add_problem("", 0, "", reason)
        return None
    blown_up = sum(sizes) > max(SMALL_ENTRY_BYTES, size * MAX_COMPRESSION_RATIO)
    if len(sizes) > MAX_ENTRIES or sum(sizes) > MAX_FILES or blown_up:
        reason = "zipの中身が大きすぎます。学校の名簿のzipか確かめてください。"
        reading.add_problem("", 0, "", reason)
        return None
    return archive


def _names(archive, reading):
    """The files to read, if the manifest and the content agree."""
    members = set(archive.members)
    if archive.is_ambiguous:
        reason = "zipの中に、名簿のフォルダが2つ以上あります。1つだけを入れてください。"
        reading.add_problem("manifest.csv", 0, "", reason)
        return ()
    try:
        _compare(_manifest(archive, members, reading), members, reading)
    except ZIP_ERRORS:
        reading.add_problem("manifest.csv", 0, "", UNREADABLE_MESSAGE)
    if not reading.is_error_free:
        return ()
    return (*REQUIRED_FILES, DEMOGRAPHICS) if f"{DEMOGRAPHICS}.csv" in members else REQUIRED_FILES


def _manifest(archive, members, reading):
    """{file: bulk | delta | absent} according to the manifest."""
    file = "manifest.csv"
    if file not in members:
        reason = "manifest.csvがありません。OneRoster 1.2のzipを書き出してください。"
        reading.add_problem(file, 0, "", reason)
        return {}
    with archive.open(file) as member:
        body = member.read(MAX_MANIFEST).removeprefix(codecs.BOM_UTF8)
    if _is_utf_16(body):
        reading.add_problem(file, 0, "", UTF_16_MESSAGE)
        return {}
    try:
        rows = list(csv.reader(io.StringIO(body.decode().replace("\x00", ""), newline="")))
    except (UnicodeDecodeError, csv.Error):
        reading.add_problem(file, 0, "", _why_unreadable(archive, file))
        return {}
    modes = {row[0].strip(): row[1].strip() for row in rows if len(row) >= 2}
    if modes.get("oneroster.version") not in VERSIONS:
        reason = f"版は {'・'.join(VERSIONS)} のどれかにしてください。"
        reading.add_problem(file, 0, "oneroster.version", reason)
    return {key[5:]: value for key, value in modes.items() if key.startswith("file.")}


def _compare(modes, members, reading):
    for name, mode in modes.items():
        present = f"{name}.csv" in members
        if mode == "delta":
            reason = "差分(delta)は受け付けていません。全件(bulk)で書き出してください。"
        elif mode == "bulk" and not present:
            reason = f"manifestではbulkですが、{name}.csvがありません。"
        elif mode == "absent" and present:
            reason = f"manifestではabsentですが、{name}.csvが入っています。"
        else:
            continue
        reading.add_problem(f"{name}.csv", 0, "", reason)
    for name in REQUIRED_FILES if modes else ():
        if modes.get(name) not in ("bulk", "delta"):
            reading.add_problem(f"{name}.csv", 0, "", f"{name}.csvは必須です。")


def _blocks(archive, name, reading):
    """The blocks of one file; ends early, with a problem, where it cannot be read."""
    file = f"{name}.csv"
    try:
        with archive.open(file) as member:
            is_utf_16 = _is_utf_16(member.read(4))
        if is_utf_16:
            reading.add_problem(file, 0, "", UTF_16_MESSAGE)
            return
        with archive.open(file) as member, io.BufferedReader(_NulFreeReader(member), CHUNK) as body:
            if body.peek(3)[:3] == codecs.BOM_UTF8:
                body.read(3)
                reading.add_note(file, 1, "", "BOMが付いていました。取りのぞいて読みました。")
            text = io.TextIOWrapper(body, "utf-8", newline="")
            lines = iter(partial(text.readline, MAX_LINE), "")  # a line must not fill the memory
            header = [
                ALTERNATIVE_SPELLINGS.get(c.strip(), c.strip()) for c in next(csv.reader(lines), [])
            ]
            if _header_is_good(header, name, reading):
                yield from read_blocks(name, header, lines, reading)
    except UnicodeDecodeError:
        reading.add_problem(file, 0, "", _why_unreadable(archive, file))
    except csv.Error:
        reading.add_problem(file, 0, "", "CSVとして読めない行があります。書き出し直してください。")
    except ZIP_ERRORS:
        reading.add_problem(file, 0, "", UNREADABLE_MESSAGE)


def _header_is_good(header, name, reading):
    if name == DEMOGRAPHICS:
        return set(COLUMNS_READ[DEMOGRAPHICS]) <= set(header)
    file, wanted = f"{name}.csv", COMMON_COLUMNS + COLUMNS[name]
    missing = [
        column for column in wanted if column not in header and column not in OPTIONAL_COLUMNS
    ]
    for column in missing:
        reading.add_problem(file, 1, column, "この列がありません。")
    known = [column for column in header if column in wanted]
    if not missing and known != [column for column in wanted if column in header]:
        reason = "列の順番が決まりと違います。書き出しの設定を確かめてください。"
        reading.add_problem(file, 1, "", reason)
        return False
    for column in header:
        if column not in wanted:
            reading.add_note(file, 1, column[:60], "知らない列です。使わずに進みます。")
    return not missing


def _why_unreadable(archive, file):
    """The message for a file that is not UTF-8."""
    decode = codecs.getincrementaldecoder("cp932")().decode
    try:
        with archive.open(file) as member:
            for part in iter(partial(member.read, CHUNK), b""):
                decode(part)
            decode(b"", final=True)
    except UnicodeDecodeError:
        return "文字コードが分かりません。UTF-8で書き出し直してください。"
    return (
        "文字コードがShift_JIS(CP932)です。UTF-8で書き出し直してください"
        "(Excelで開いて保存し直すと、ほかの値も変わることがあります)。"
    )


def _is_utf_16(begin):
    """Whether bytes begin like UTF-16: with its byte order mark, or ASCII between NUL bytes."""
    marked = begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return marked or (len(begin) > 1 and (begin[0] == 0) != (begin[1] == 0))


class NestedZipFile(zipfile.ZipFile):
    """A zip whose files may be in one folder, as when a folder was zipped."""

    def __init__(self, file):
        super().__init__(file)
        names = {name.replace("\\", "/"): name for name in self.namelist()}
        homes = [name[: -len("manifest.csv")] for name in names if _is_manifest(name)]
        home = "" if "" in homes or not homes else homes[0]
        self.is_ambiguous = "" not in homes and len(homes) > 1
        self.members = {
            name.removeprefix(home): member
            for name, member in names.items()
            if name.startswith(home) and not name.endswith("/")
        }

    def open(self, name, *args, **kwargs):
        member = self.members.get(name, name) if isinstance(name, str) else name
        return super().open(member, *args, **kwargs)


def _is_manifest(name):
    """Whether it is a manifest, and not the file that macOS adds beside it."""
    return name.split("/")[-1] == "manifest.csv" and not name.startswith("__MACOSX/")


class _NulFreeReader(io.RawIOBase):
    """A zip entry without NUL bytes, which neither CSV nor the database accepts."""

    def __init__(self, member):
        self.member = member

    def readable(self):
        return True

    def readinto(self, buffer):
        while part := self.member.read(len(buffer)):
            if plain := part.replace(b"\0", b""):
                buffer[: len(plain)] = plain
                return len(plain)
        return 0
