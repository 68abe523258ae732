"""How a city's files name the columns and codes that are read. Pure."""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from apps.linkage.connectors.school_files.file_formats import FILE_FORMATS

SEAT_COLUMNS = ("学年", "組", "番号")
BY_ROWS, BY_DAYS = "rows", "days"
FORMULA_PREFIXES = ("=", "+", "-", "@")  # a cell that begins so is a formula to a spreadsheet


def normalise_text(text):
    """``text`` trimmed and normalised: full-width digits and letters become ASCII (NFKC)."""
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


@dataclass(frozen=True)
class ColumnMapping:
    """One kind's headers {our column: header in the file} and codes {column: {theirs: ours}}.

    What is not named is as declared in ``file_formats``; our own codes are always known. ``layout``
    is a row for each day and student, or a column for each day. ``by_seat``: files name students by
    学年・組・番号; ``seats`` {seat: code} says who that is, None where nobody is looked up.
    """

    kind: str
    headers: dict = field(default_factory=dict)
    codes: dict = field(default_factory=dict)
    layout: str = BY_ROWS
    by_seat: bool = False
    seats: dict | None = field(default=None, repr=False)

    def header(self, column):
        """The file's header of this column."""
        return self.headers.get(column, column)

    def codes_of(self, column):
        """{code in the file: our code} of a FileColumn that has codes."""
        ours = set(column.codes.values())
        theirs = {
            normalise_text(key): code for key, code in self.codes.get(column.name, {}).items()
        }
        declared = {normalise_text(key): code for key, code in column.codes.items()}
        return {code: code for code in ours} | declared | theirs

    def faults(self):
        """Sentences that say why this mapping cannot be used; empty where it can."""
        kind = FILE_FORMATS.get(self.kind)
        if kind is None:
            return ["知らない ファイルの 種類です。"]
        faults = [*self._header_faults(kind), *self._code_faults(kind)]
        if self.layout == BY_DAYS and not kind.can_be_by_days:
            faults.append(f"{kind.label}は、日ごとの 列では 読めません。")
        return faults

    def _header_faults(self, kind):
        for name in self.headers:
            if kind.column(name) is None and name not in SEAT_COLUMNS:
                yield f"「{name}」と いう 列は {kind.label}に ありません。"
        used = Counter(self.header(column.name).strip() for column in kind.columns)
        for header, times in used.items():
            if not header:
                yield "列の 見出しが 空です。"
            elif times > 1:
                yield f"見出し「{header}」を 2つの 列に 使って います。"
            if header in kind.never:
                yield f"見出し「{header}」の 列は 読まない きまりです。"

    def _code_faults(self, kind):
        for name, codes in self.codes.items():
            column = kind.column(name)
            if column is None or column.codes is None:
                yield f"「{name}」の 列に 区分は ありません。"
                continue
            known = set(column.codes.values())
            for theirs, ours in codes.items():
                if ours not in known:
                    yield f"「{name}」の「{theirs}」を 知らない 区分「{ours}」に して います。"
                if not normalise_text(theirs) or normalise_text(theirs).startswith(
                    FORMULA_PREFIXES
                ):
                    yield f"「{name}」に 使えない 区分の 名前が あります。"


def complete_mappings(given=None):
    """{kind: ColumnMapping} of all kinds: those ``given`` (a dict or one mapping), else the
    declared format.
    """
    if isinstance(given, ColumnMapping):
        given = {given.kind: given}
    return {name: ColumnMapping(name) for name in FILE_FORMATS} | dict(given or {})
