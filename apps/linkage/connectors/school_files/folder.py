"""A folder that a school puts its files into, read file by file. Pure: it never writes.

The pages of one file are the truth about it once the page with ``ends_file`` came. A file that
turns out unreadable on the way never gets there: what it gave before must be let go, and the page
that says why belongs to no file.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from apps.linkage.connectors.contract import (
    FileMark,
    FormatError,
    Issue,
    Page,
    Place,
    Record,
    TransientError,
)
from apps.linkage.connectors.school_files.decoding import MAX_BYTES, survey
from apps.linkage.connectors.school_files.kinds import KINDS, Kind
from apps.linkage.connectors.school_files.mapping import mappings_of
from apps.linkage.connectors.school_files.reading import Hashing, Unreadable, read

PAGE = 2_000
_CHANGED = "読んで いる あいだに ファイルが 変わりました。あとで もう一度 読みます。"


class SchoolFiles:
    """The files of one folder. ``mappings`` is {kind: Mapping}; what is left out is as declared.

    ``known`` are (kind, name, sha256 hex) of files taken in before; None leaves that to the
    cursor. Raises FormatError for a mapping that cannot be used.
    """

    def __init__(self, folder, mappings=None, *, known=None, max_bytes=MAX_BYTES):
        self.folder, self.known, self.max_bytes = Path(folder), known, max_bytes
        self.mappings = mappings_of(mappings)
        for mapping in self.mappings.values():
            if faults := mapping.faults():
                raise FormatError("".join(faults))

    def check(self):
        """How many files of each kind lie there. Raises FormatError where there is no folder."""
        found, issues = self._files()
        counts = [
            f"{kind.label} {n}個"
            for kind in KINDS.values()
            if (n := sum(1 for one, _ in found if one is kind))
        ]
        strange = f" 読まない ものが {len(issues)}個 あります。" if issues else ""
        if not counts:
            return "フォルダに 取り込む ファイルは ありません。" + strange
        return f"フォルダに {'、'.join(counts)} あります。{strange}".strip()

    def pull(self, cursor, agreed):
        """The pages of the files that are new, or of all if the set of those who agree changed.

        Raises FormatError without the folder, TransientError if a file changes while it is read.
        """
        found, strange = self._files()
        sheets = [self._surveyed(kind, path) for kind, path in found]
        unread = [sheet for sheet in sheets if not self._is_known(sheet, cursor, agreed)]
        refused = [sheet.path.name for sheet in sheets if sheet.path.name in _refused(cursor)]
        whole = sum(sheet.survey.size for sheet in unread) or 1
        now = {"files": {sheet.path.name: sheet.survey.sha256 for sheet in sheets}}
        now["agreed"] = agreed
        kept = [name for name in refused if name not in {sheet.path.name for sheet in unread}]
        done = 0
        for sheet in unread:
            bad = yield from self._pages(sheet, done, whole)
            kept += [sheet.path.name] if bad else []
            done += sheet.survey.size
        now |= {"refused": sorted(kept)} if kept else {}
        now |= {"strange": len(strange)} if strange else {}
        if now != cursor:
            news = strange if cursor.get("strange") != len(strange) else ()
            yield Page(issues=news, cursor=now, share=1.0)

    def _is_known(self, sheet, cursor, agreed):
        if cursor.get("agreed") != agreed:
            return False
        name, sha256 = sheet.path.name, sheet.survey.sha256
        same = cursor.get("files", {}).get(name) == sha256
        if self.known is None:
            return same
        # A file that could not be read is in nobody's list; it is told once, not at every run.
        return (sheet.kind.name, name, sha256) in self.known or (same and name in _refused(cursor))

    def _files(self):
        """[(kind, path)] by kind and name, and Issues for what is not read."""
        if not self.folder.is_dir():
            raise FormatError("連携元の フォルダが ありません。")
        home, found, issues = self.folder.resolve(), [], []
        for path in sorted(self.folder.iterdir()):
            kind = _kind_of(path.name)
            if kind is None:
                issues += [_strange(path, "ファイルの 名前が どの 種類とも 合いません。")] * (
                    path.suffix.lower() == ".csv"
                )
            elif not path.name.isprintable() or ".." in path.name:
                issues.append(_strange(path, "ファイルの 名前に 使えない 文字が あります。"))
            elif path.resolve().parent != home or not path.is_file():
                issues.append(_strange(path, "フォルダの 外を 指す ものは 読みません。"))
            else:
                found.append((kind, path))
        order = list(KINDS)
        return sorted(found, key=lambda pair: (order.index(pair[0].name), pair[1].name)), issues

    def _surveyed(self, kind, path):
        try:
            with path.open("rb") as file:
                return Sheet(kind, path, survey(file, self.max_bytes), _stamp(path))
        except OSError as error:
            raise TransientError("ファイルを 開けません。あとで もう一度 読みます。") from error

    def _pages(self, sheet, done, whole):
        """The pages of one file; returns whether it was unreadable."""
        name, found = sheet.path.name, sheet.survey
        if found.reason:
            yield Page(issues=[Issue(found.reason, Place(name, found.line))])
            return True
        mark = FileMark(name, found.sha256, sheet.kind.name)
        try:
            with sheet.path.open("rb") as file:
                source = Hashing(file)
                rows = read(
                    sheet.kind, self.mappings[sheet.kind.name], source, name, found.encoding
                )
                for records, issues in _by_page(rows):
                    if len(records) + len(issues) == PAGE:
                        share = min(1.0, (done + source.size) / whole)
                        yield Page(records=records, issues=issues, file=mark, share=share)
            self._still_the_same(sheet, source)
        except Unreadable as unreadable:
            self._still_the_same(sheet, None)
            yield Page(issues=[unreadable.issue])
            return True
        except (OSError, UnicodeDecodeError):
            raise TransientError(_CHANGED) from None
        share = min(1.0, (done + found.size) / whole)
        yield Page(records=records, issues=issues, file=mark, ends_file=True, share=share)
        return False

    def _still_the_same(self, sheet, source):
        """Raises TransientError where the second pass did not read what the first had."""
        same = source is None or source.sha256 == sheet.survey.sha256
        try:
            same = same and _stamp(sheet.path) == sheet.stamp
        except OSError:
            same = False
        if not same:
            raise TransientError(_CHANGED)


@dataclass(frozen=True)
class Sheet:
    """One file after its first pass. ``stamp`` is its size and time of change."""

    kind: Kind
    path: Path
    survey: object
    stamp: tuple


def _by_page(rows):
    """(records, issues) of PAGE rows each; the last pair has fewer, perhaps none."""
    records, issues = [], []
    for row in rows:
        (records if isinstance(row, Record) else issues).append(row)
        if len(records) + len(issues) == PAGE:
            yield records, issues
            records, issues = [], []
    yield records, issues


def _kind_of(name):
    return next((kind for kind in KINDS.values() if fnmatchcase(name.lower(), kind.pattern)), None)


def _strange(path, reason):
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    return Issue(reason, Place(name))


def _refused(cursor):
    return cursor.get("refused", ())


def _stamp(path):
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
