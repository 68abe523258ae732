"""Reads a folder of a school's files, file by file. Pure: it never writes.

The pages of one file count once the page with ``ends_file`` came. A file that turns out unreadable
never gets there: its earlier pages must be dropped, and the page that says why belongs to no file.
"""

import os
import stat
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from apps.linkage.connectors.contract import (
    FileIdentity,
    FormatError,
    Issue,
    Page,
    Record,
    SourcePosition,
    TransientError,
)
from apps.linkage.connectors.school_files.file_formats import FILE_FORMATS, FileFormat
from apps.linkage.connectors.school_files.file_mapping import complete_mappings
from apps.linkage.connectors.school_files.file_survey import (
    MAX_BYTES,
    FileSurvey,
    survey_file,
)
from apps.linkage.connectors.school_files.row_reader import HashingReader, UnreadableFile, read_rows
from apps.linkage.connectors.value_limits import DATE_IN_FUTURE

PAGE_ROWS = 5_000  # rows; the database waits between pages, so there are few of them
# A stamp is believed for so long: content that changed under the same stamp is found within a day.
HASHED_AGAIN_S = 20 * 3600
SETTLED_S = 2  # the coarsest clock of a file system
FILE_SET_ASIDE = "時間内に 読み終わらないので、この ファイルだけ よけて あります。"
_CHANGED = "読んで いる あいだに ファイルが 変わりました。あとで もう一度 読みます。"


class SchoolFiles:
    """The files of one folder. ``mappings`` is {kind: ColumnMapping}; other kinds are as declared.

    ``today`` is the last allowed day; a file with later rows is read again on a later day. Files
    ``set_aside``, (name, SHA-256), are reported as problems each time and not read. ``now`` (aware)
    lets files whose stamp is known go unhashed; without it each is hashed. ``reading`` is the
    FileIdentity of the file being read, ``n_set_aside`` how many were reported. Raises FormatError
    for a mapping that cannot be used.
    """

    def __init__(
        self, folder, mappings=None, *, today=date.max, now=None, max_bytes=MAX_BYTES,
        set_aside=frozenset(),
    ):  # fmt: skip
        self.set_aside, self.reading, self.n_set_aside = set_aside, None, 0
        self.now = now
        self.folder, self.today, self.max_bytes = Path(folder), today, max_bytes
        self.mappings = complete_mappings(mappings)
        for mapping in self.mappings.values():
            if faults := mapping.faults():
                raise FormatError("".join(faults))

    def check(self):
        """A sentence with the number of files of each kind. Raises FormatError where there is no
        folder.
        """
        found, issues = self._files()
        counts = [
            f"{kind.label} {n}個"
            for kind in FILE_FORMATS.values()
            if (n := sum(1 for one, _ in found if one is kind))
        ]
        strange = f" 読まない ものが {len(issues)}個 あります。" if issues else ""
        if not counts:
            return "フォルダに 取り込む ファイルは ありません。" + strange
        return f"フォルダに {'、'.join(counts)} あります。{strange}".strip()

    def pull(self, cursor, agreed):
        """The pages of the files that are new, or of all if the set of those who agree changed.

        The page that ends a file carries the cursor after it, so an interrupted run continues with
        the next one. Raises FormatError without the folder, TransientError if a file changes while
        it is read.
        """
        found, strange = self._files()
        sheets = sorted((self._surveyed(*one, cursor) for one in found), key=_oldest_first)
        before = cursor if cursor.get("agreed") == agreed else {}
        new = [sheet for sheet in sheets if not _is_known(sheet, before, self.today)]
        aside = [sheet for sheet in new if _named(sheet) in self.set_aside]
        unread = [sheet for sheet in new if sheet not in aside]
        now = _so_far(before, agreed, sheets)
        whole, done = sum(sheet.survey.size for sheet in unread) or 1, 0
        for sheet in unread:
            sheet = sheet if sheet.is_surveyed else self._surveyed(sheet.kind, sheet.path, {})
            now = _with(now, sheet)
            again = _is_known(sheet, cursor, self.today)
            yield from self._pages(sheet, done, whole, now, is_read_again=again)
            done += sheet.survey.size
        for sheet in aside:
            self.n_set_aside += 1
            yield Page(issues=[Issue(FILE_SET_ASIDE, SourcePosition(sheet.path.name))])
        news = strange if cursor.get("strange", 0) != len(strange) else ()
        end = {**now, "strange": len(strange)}
        if end != (now if unread else cursor):
            yield Page(issues=news, cursor=end, share=1.0)

    def is_unchanged(self, cursor, agreed):
        """Whether ``pull`` would yield nothing, as told by the files' stamps: none is opened.

        Raises FormatError without the folder.
        """
        found, strange = self._files()
        files = cursor.get("files", {})
        return (
            (cursor.get("agreed"), cursor.get("strange", 0)) == (agreed, len(strange))
            and files.keys() == {path.name for _, path in found}
            and all(
                _known_hash(path.name, _stamp(path), cursor, self.now) == files[path.name]
                and not _is_ahead(path.name, cursor, self.today)
                for _, path in found
            )
        )

    def _files(self):
        """[(kind, path)], and Issues for what is not read."""
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
        return found, issues

    def _surveyed(self, kind, path, cursor):
        """A file with its hash: the one in the cursor where its stamp is the same, else a new one."""
        try:
            stamp = _stamp(path)
            if sha256 := _known_hash(path.name, stamp, cursor, self.now):
                entry = cursor["hashes"][path.name]
                return SurveyedFile(kind, path, FileSurvey(sha256, stamp[0]), stamp, entry)
            with open_regular_file(path) as file:
                survey = survey_file(file, self.max_bytes)
            settled = _stamp(path) == stamp and _is_settled(stamp, self.now)
            entry = [survey.sha256, *stamp, int(self.now.timestamp())] if settled else None
            return SurveyedFile(kind, path, survey, stamp, entry)
        except OSError as error:
            raise TransientError("ファイルを 開けません。あとで もう一度 読みます。") from error

    def _pages(self, sheet, done, whole, cursor, *, is_read_again):
        """The pages of one file; for an unreadable one, a page without a file that says why."""
        name, found = sheet.path.name, sheet.survey
        if found.reason:
            yield Page(
                issues=[Issue(found.reason, SourcePosition(name, found.line))], cursor=cursor
            )
            return
        mark = FileIdentity(name, found.sha256, sheet.kind.name, is_read_again)
        is_ahead = False
        self.reading = mark
        try:
            with open_regular_file(sheet.path) as file:
                source = HashingReader(file)
                rows = read_rows(
                    sheet.kind, self.mappings[sheet.kind.name], source, name, found.encoding,
                    today=self.today,
                )  # fmt: skip
                for records, issues in _by_page(rows):
                    is_ahead = is_ahead or any(issue.reason == DATE_IN_FUTURE for issue in issues)
                    if len(records) + len(issues) == PAGE_ROWS:
                        share = min(1.0, (done + source.size) / whole)
                        yield Page(records=records, issues=issues, file=mark, share=share)
            self._still_the_same(sheet, source)
        except UnreadableFile as unreadable:
            self._still_the_same(sheet, None)
            yield Page(issues=[unreadable.issue], cursor=cursor)
            return
        except (OSError, UnicodeDecodeError):
            raise TransientError(_CHANGED) from None
        share = min(1.0, (done + found.size) / whole)
        if is_ahead:
            cursor["ahead"] = {**cursor["ahead"], name: self.today.isoformat()}
        yield Page(records, issues, cursor=cursor, file=mark, ends_file=True, share=share)

    def _still_the_same(self, sheet, source):
        """Raises TransientError where the second pass read other bytes than the first."""
        same = source is None or source.sha256 == sheet.survey.sha256
        try:
            same = same and _stamp(sheet.path)[:2] == sheet.stamp[:2]
        except OSError:
            same = False
        if not same:
            raise TransientError(_CHANGED)


def open_regular_file(path):
    """Open an ordinary file for reading. Raises OSError where it is (by now) a link or no file."""
    home = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=home)
    finally:
        os.close(home)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise OSError("not an ordinary file")
    return open(found, "rb")


@dataclass(frozen=True)
class SurveyedFile:
    """One file after its first pass. ``stamp`` is as ``_stamp`` says.

    ``entry`` is what the cursor remembers of its hash; None where its stamp says too little.
    """

    kind: FileFormat
    path: Path
    survey: FileSurvey
    stamp: tuple
    entry: list | None = None

    @property
    def is_surveyed(self):
        """Whether more than its hash is known."""
        return bool(self.survey.encoding or self.survey.reason)


def _by_page(rows):
    """(records, issues) of one page of rows each; the last pair has fewer, perhaps none."""
    chunk = [None] * PAGE_ROWS
    while len(chunk) == PAGE_ROWS:
        chunk = list(islice(rows, PAGE_ROWS))
        issues = [row for row in chunk if type(row) is Issue]
        records = [row for row in chunk if type(row) is Record] if issues else chunk
        yield records, issues


def _kind_of(name):
    return next(
        (kind for kind in FILE_FORMATS.values() if fnmatchcase(name.lower(), kind.pattern)), None
    )


def _strange(path, reason):
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    return Issue(reason, SourcePosition(name))


def _oldest_first(sheet):
    """Sorted by kind, then by modification time: of two files about the same days the newer counts."""
    return list(FILE_FORMATS).index(sheet.kind.name), sheet.stamp[1], sheet.path.name


def _named(sheet):
    return sheet.path.name, sheet.survey.sha256


def _is_known(sheet, cursor, today):
    """Whether a file was read as it is and has no rows of days that have come since."""
    name = sheet.path.name
    same = cursor.get("files", {}).get(name) == sheet.survey.sha256
    return same and not _is_ahead(name, cursor, today)


def _is_ahead(name, cursor, today):
    """Whether a file had rows of days after the last reading, of which some have come."""
    return cursor.get("ahead", {}).get(name, "9999-12-31") < today.isoformat()


def _so_far(cursor, agreed, sheets):
    """The cursor before anything new is read, without files that are gone."""
    file_names = {sheet.path.name for sheet in sheets}
    files, ahead = (
        {name: value for name, value in cursor.get(part, {}).items() if name in file_names}
        for part in ("files", "ahead")
    )
    hashes = {sheet.path.name: sheet.entry for sheet in sheets if sheet.entry}
    return {
        "files": files, "ahead": ahead, "hashes": hashes, "agreed": agreed,
        "strange": cursor.get("strange", 0),
    }  # fmt: skip


def _with(cursor, sheet):
    """The cursor after this file; whether it has future days is known once it was read."""
    name = sheet.path.name
    ahead = {other: day for other, day in cursor["ahead"].items() if other != name}
    hashes = {other: entry for other, entry in cursor["hashes"].items() if other != name}
    if sheet.entry:
        hashes[name] = sheet.entry
    files = {**cursor["files"], name: sheet.survey.sha256}
    return {**cursor, "files": files, "ahead": ahead, "hashes": hashes}


# -- files that did not change ----------------------------------------------------------------------


def _stamp(path):
    """(size, time of change of the content, of the entry, inode) of a file."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _known_hash(name, stamp, cursor, now):
    """The hash of a file whose stamp is the one it had when it was hashed, within HASHED_AGAIN_S.

    None where it has to be hashed.
    """
    entry = cursor.get("hashes", {}).get(name)
    if entry is None or now is None:
        return None
    sha256, *then, hashed_at = entry
    is_recent = 0 <= now.timestamp() - hashed_at < HASHED_AGAIN_S
    return sha256 if is_recent and then == list(stamp) else None


def _is_settled(stamp, now):
    """Whether a file's time of change is past: written again within it, its stamp stays the same."""
    return now is not None and stamp[1] < (now.timestamp() - SETTLED_S) * 1e9
