"""Reads a folder of a school's files, file by file. Pure: it never writes.

The pages of one file count once the page with ``ends_file`` came. A file that turns out unreadable
never gets there: its earlier pages must be dropped, and the page that says why belongs to no file.
"""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from apps.core.stored_folders import DiskFolder, FolderFile
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
    """The files of one folder (a StoredFolder, or the path of one on disk). ``mappings`` is {kind: ColumnMapping}; other kinds are as declared.

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
        self.folder = DiskFolder(folder) if isinstance(folder, str | Path) else folder
        self.today, self.max_bytes = today, max_bytes
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
            sheet = sheet if sheet.is_surveyed else self._surveyed(sheet.kind, sheet.file, {})
            now = _with(now, sheet)
            again = _is_known(sheet, cursor, self.today)
            yield from self._pages(sheet, done, whole, now, is_read_again=again)
            done += sheet.survey.size
        for sheet in aside:
            self.n_set_aside += 1
            yield Page(issues=[Issue(FILE_SET_ASIDE, SourcePosition(sheet.name))])
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
            and files.keys() == {file.name for _, file in found}
            and all(
                _known_hash(file, cursor, self.now) == files[file.name]
                and not _is_ahead(file.name, cursor, self.today)
                for _, file in found
            )
        )

    def _files(self):
        """[(kind, FolderFile)], and Issues for what is not read."""
        if not self.folder.exists():
            raise FormatError("連携元の フォルダが ありません。")
        found, issues = [], []
        for file in self._listed():
            kind = _kind_of(file.name)
            if kind is None:
                issues += [_strange(file, "ファイルの 名前が どの 種類とも 合いません。")] * (
                    Path(file.name).suffix.lower() == ".csv"
                )
            elif not file.name.isprintable() or ".." in file.name:
                issues.append(_strange(file, "ファイルの 名前に 使えない 文字が あります。"))
            elif file.stamp is None:
                issues.append(_strange(file, "フォルダの 外を 指す ものは 読みません。"))
            else:
                found.append((kind, file))
        return found, issues

    def _listed(self):
        try:
            return self.folder.files()
        except OSError as error:
            raise TransientError("フォルダを 開けません。あとで もう一度 読みます。") from error

    def _surveyed(self, kind, file, cursor):
        """A file with its hash: the one in the cursor where its stamp is the same, else a new one."""
        name = file.name
        if sha256 := _known_hash(file, cursor, self.now):
            entry = cursor["hashes"][name]
            return SurveyedFile(kind, file, FileSurvey(sha256, file.stamp[0]), entry)
        try:
            stamp = self.folder.stamp(name)
            with self.folder.open(name) as content:
                survey = survey_file(content, self.max_bytes)
            settled = self.folder.stamp(name) == stamp and _is_settled(stamp, self.now)
            entry = [survey.sha256, *stamp, int(self.now.timestamp())] if settled else None
            return SurveyedFile(kind, FolderFile(name, stamp), survey, entry)
        except OSError as error:
            raise TransientError("ファイルを 開けません。あとで もう一度 読みます。") from error

    def _pages(self, sheet, done, whole, cursor, *, is_read_again):
        """The pages of one file; for an unreadable one, a page without a file that says why."""
        name, found = sheet.name, sheet.survey
        if found.reason:
            yield Page(
                issues=[Issue(found.reason, SourcePosition(name, found.line))], cursor=cursor
            )
            return
        mark = FileIdentity(name, found.sha256, sheet.kind.name, is_read_again)
        is_ahead = False
        self.reading = mark
        try:
            with self.folder.open(name) as file:
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
            same = same and self.folder.stamp(sheet.name)[:2] == sheet.file.stamp[:2]
        except OSError:
            same = False
        if not same:
            raise TransientError(_CHANGED)


@dataclass(frozen=True)
class SurveyedFile:
    """One file after its first pass, with the stamp it had before.

    ``entry`` is what the cursor remembers of its hash; None where its stamp says too little.
    """

    kind: FileFormat
    file: FolderFile
    survey: FileSurvey
    entry: list | None = None

    @property
    def name(self):
        """The file's name."""
        return self.file.name

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


def _strange(file, reason):
    name = "".join(letter if letter.isprintable() else "?" for letter in file.name)
    return Issue(reason, SourcePosition(name))


def _oldest_first(sheet):
    """Sorted by kind, then by modification time: of two files about the same days the newer counts."""
    return list(FILE_FORMATS).index(sheet.kind.name), sheet.file.stamp[1], sheet.name


def _named(sheet):
    return sheet.name, sheet.survey.sha256


def _is_known(sheet, cursor, today):
    """Whether a file was read as it is and has no rows of days that have come since."""
    name = sheet.name
    same = cursor.get("files", {}).get(name) == sheet.survey.sha256
    return same and not _is_ahead(name, cursor, today)


def _is_ahead(name, cursor, today):
    """Whether a file had rows of days after the last reading, of which some have come."""
    return cursor.get("ahead", {}).get(name, "9999-12-31") < today.isoformat()


def _so_far(cursor, agreed, sheets):
    """The cursor before anything new is read, without files that are gone."""
    file_names = {sheet.name for sheet in sheets}
    files, ahead = (
        {name: value for name, value in cursor.get(part, {}).items() if name in file_names}
        for part in ("files", "ahead")
    )
    hashes = {sheet.name: sheet.entry for sheet in sheets if sheet.entry}
    return {
        "files": files, "ahead": ahead, "hashes": hashes, "agreed": agreed,
        "strange": cursor.get("strange", 0),
    }  # fmt: skip


def _with(cursor, sheet):
    """The cursor after this file; whether it has future days is known once it was read."""
    name = sheet.name
    ahead = {other: day for other, day in cursor["ahead"].items() if other != name}
    hashes = {other: entry for other, entry in cursor["hashes"].items() if other != name}
    if sheet.entry:
        hashes[name] = sheet.entry
    files = {**cursor["files"], name: sheet.survey.sha256}
    return {**cursor, "files": files, "ahead": ahead, "hashes": hashes}


# -- files that did not change ----------------------------------------------------------------------


def _known_hash(file, cursor, now):
    """The hash of a file whose stamp is the one it had when it was hashed, within HASHED_AGAIN_S.

    None where it has to be hashed.
    """
    entry = cursor.get("hashes", {}).get(file.name)
    if entry is None or now is None:
        return None
    sha256, *then, hashed_at = entry
    is_recent = 0 <= now.timestamp() - hashed_at < HASHED_AGAIN_S
    return sha256 if is_recent and then == list(file.stamp) else None


def _is_settled(stamp, now):
    """Whether a file's time of change is past: written again within it, its stamp stays the same."""
    return now is not None and stamp[1] < (now.timestamp() - SETTLED_S) * 1e9
