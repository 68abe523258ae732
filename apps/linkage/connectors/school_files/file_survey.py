"""The first pass over a file: its hash, its encoding, or why its bytes cannot be read. Pure.

UTF-8 with or without BOM, else CP932; strict over the whole file, never "replace". One block is in
memory at a time.
"""

import codecs
import hashlib
import re
import time
from dataclasses import dataclass

BLOCK_BYTES = 1 << 20
MAX_BYTES = 1 << 30
MAX_LINE_BYTES = 1 << 16  # bytes; far above any valid row, since one line is held in memory

# Two kana or kanji in UTF-8; CP932 that looks like this by chance needs rare kanji side by side.
_LOOKS_UTF8 = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2}")
_UTF16 = "文字コードが UTF-16 です。UTF-8 の CSV で 保存して ください。"
_ZIP = "Excel か zip の ファイルです。CSV で 保存して ください。"
_NOT_CSV = "CSV では ない ファイルです(NUL文字が あります)。"
_TOO_SLOW = "読むのに 時間が かかりすぎます。ファイルを 分けて ください。"
MAX_SURVEY_SECONDS = 40  # of elapsed time, for the first pass
_CHANGES = "文字コードが とちゅうで 変わるか、UTF-8 でも CP932 でも ありません。"


@dataclass(frozen=True)
class FileSurvey:
    """The result of the first pass. ``reason`` (a sentence) and ``line`` say why it is unreadable."""

    sha256: str
    size: int
    encoding: str = ""
    reason: str = ""
    line: int | None = None


def survey_file(file, max_bytes=MAX_BYTES):
    """Survey a seekable binary file in one pass (two where it is not UTF-8). Raises nothing of its
    own.
    """
    digest, size, line_check = hashlib.sha256(), 0, _LineCheck()
    utf8, deadline = _Strict("utf-8"), time.monotonic() + MAX_SURVEY_SECONDS
    file.seek(0)
    if reason := _not_text(file):
        return FileSurvey(_hash_of(file), file.tell(), reason=reason, line=1)
    while block := file.read(BLOCK_BYTES):
        size += len(block)
        if size > max_bytes:
            return FileSurvey("", size, reason="ファイルが 大きすぎます。")
        if time.monotonic() > deadline:
            return FileSurvey("", size, reason=_TOO_SLOW)
        digest.update(block)
        line_check.at(block)
        utf8.feed(block)
    utf8.end()
    sha256 = digest.hexdigest()
    if line_check.reason:
        return FileSurvey(sha256, size, reason=line_check.reason, line=line_check.line)
    if utf8.broken_at is None:
        return FileSurvey(sha256, size, "utf-8-sig")
    broken_at = _not_cp932(file, utf8.broken_at)
    if broken_at is not None:
        return FileSurvey(sha256, size, reason=_CHANGES, line=broken_at)
    return FileSurvey(sha256, size, "cp932")


def _not_text(file):
    """Why the first bytes cannot be of a CSV file; "" where they can. The file is at its start."""
    head = file.read(64)
    file.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _UTF16
    return _ZIP if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) else ""


def _hash_of(file):
    digest = hashlib.sha256()
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


class _LineCheck:
    """The first NUL byte or endless line, with its line."""

    def __init__(self):
        self.reason, self.line = "", None
        self._lines, self._open = 1, 0  # bytes of the unfinished line at the end of a block

    def at(self, block):
        if self.reason:
            return
        if (place := block.find(b"\0")) >= 0:
            self._found(_NOT_CSV, block, place)
        elif (place := self._too_long(block)) is not None:
            self._found("1行が 長すぎます。", block, place)
        self._lines += block.count(b"\n")

    def _found(self, reason, block, place):
        self.reason, self.line = reason, self._lines + block.count(b"\n", 0, place)

    def _too_long(self, block):
        """Where a line of more than MAX_LINE_BYTES begins in this block, or None."""
        start, before = 0, self._open
        while len(block) - start + before > MAX_LINE_BYTES:
            end = block.rfind(b"\n", start, start + max(0, MAX_LINE_BYTES - before))
            if end < 0:
                return start
            start, before = end + 1, 0
        last = block.rfind(b"\n")
        self._open = len(block) - last - 1 if last >= 0 else self._open + len(block)
        return None


class _Strict:
    """Decodes block by block until the encoding fails: ``broken_at`` is the line."""

    def __init__(self, encoding):
        self.broken_at = None
        self._decode = codecs.getincrementaldecoder(encoding)("strict").decode
        self._lines = 1

    def feed(self, block, final=False):
        if self.broken_at is not None:
            return
        try:
            self._decode(block, final)
        except UnicodeDecodeError as error:
            self.broken_at = self._lines + error.object.count(b"\n", 0, error.start)
        self._lines += block.count(b"\n")

    def end(self):
        self.feed(b"", final=True)


def _not_cp932(file, utf8_broken_at):
    """The line at which a file that is not UTF-8 is not CP932 either, or None.

    A line that is clearly UTF-8 makes the file a mixture, although CP932 would accept its bytes.
    """
    cp932, lines, rest = _Strict("cp932"), 1, b""
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        cp932.feed(block)
        whole, newline, tail = (rest + block).rpartition(b"\n")
        if (line := _utf8_line(whole)) is not None:
            return max(utf8_broken_at, lines + line)
        lines += whole.count(b"\n") + len(newline)
        rest = tail
    cp932.end()
    if cp932.broken_at is not None:
        return max(utf8_broken_at, cp932.broken_at)
    line = _utf8_line(rest)
    return None if line is None else max(utf8_broken_at, lines + line)


def _utf8_line(whole):
    """How many lines are before the first that is clearly UTF-8, or None."""
    end = -1
    while found := _LOOKS_UTF8.search(whole, end + 1):
        start = whole.rfind(b"\n", 0, found.start()) + 1
        end = whole.find(b"\n", found.start())
        end = len(whole) if end < 0 else end
        try:
            whole[start:end].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return whole.count(b"\n", 0, start)
    return None
