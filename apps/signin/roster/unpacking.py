"""From bytes to rows: the zip, its manifest, encodings, headers. Suspicious of everything."""

import csv
import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date

from apps.signin.roster.nouns import Finding

MAX_ZIP, MAX_ENTRIES, MAX_FILE, MAX_ROWS = 30_000_000, 60, 120_000_000, 400_000
BROKEN = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, IndexError, struct.error
)  # fmt: skip
VERSIONS = ("1.2", "1.2.1", "1.2_JP")
REQUIRED = ("academicSessions", "orgs", "courses", "classes", "users", "roles", "enrollments")
HEAD = ("sourcedId", "status", "dateLastModified")
COLUMNS = {
    "academicSessions": ("title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "orgs": ("name", "type", "identifier", "parentSourcedId"),
    "courses": ("schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes"),
    "classes": (
        "title", "grades", "courseSourcedId", "classCode", "classType", "location", "schoolSourcedId",
        "termSourcedIds", "subjects", "subjectCodes", "periods", "metadata.jp.specialNeeds",
    ),
    "users": (
        "enabledUser", "username", "userIds", "givenName", "familyName", "middleName", "identifier",
        "email", "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier",
        "resourceSourcedIds", "preferredGivenName", "preferredMiddleName", "preferredFamilyName",
        "primaryOrgSourcedId", "pronouns", "metadata.jp.kanaGivenName", "metadata.jp.kanaFamilyName",
        "metadata.jp.kanaMiddleName", "metadata.jp.homeClass", "metadata.jp.kanaPreferredFamilyName",
        "metadata.jp.kanaPreferredGivenName", "metadata.jp.kanaPreferredMiddleName",
    ),
    "roles": ("userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"),
    "enrollments": (
        "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate",
        "metadata.jp.ShussekiNo", "metadata.jp.PublicFlg",
    ),
}  # fmt: skip
# Columns that came or went between profile versions: absent is no fault.
OPTIONAL = {
    "resourceSourcedIds", "metadata.jp.kanaPreferredFamilyName",
    "metadata.jp.kanaPreferredGivenName", "metadata.jp.kanaPreferredMiddleName",
}  # fmt: skip
# 相互運用標準モデル 6.00 writes these with a small letter.
SPELLINGS = {
    "metadata.jp.shussekiNo": "metadata.jp.ShussekiNo",
    "metadata.jp.publicFlg": "metadata.jp.PublicFlg",
}


@dataclass(frozen=True)
class Row:
    """One line of a file; ``row["title"]`` is "" where empty or absent."""

    file: str
    line: int
    values: dict

    def __getitem__(self, column):
        value = self.values.get(column, "").strip()
        return "" if value == "NULL" else value


def unpack(content, reading):
    """{file: [Row]} of the files we read; notes and problems go to ``reading``."""
    archive = _open(content, reading)
    if archive is None:
        return {}
    try:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        said = _manifest(archive, names, reading)
        _compare(said, names, reading)
        if reading.problems:
            return {}
        files = {name: _rows(archive, name, reading) for name in REQUIRED}
        reading.born = _birth_months(archive, names, reading)
        return files
    except (*BROKEN, ValueError, zlib.error, lzma.LZMAError):
        reading.problems.append(
            Finding("", 0, "", "zipが壊れているか、パスワード付きです。作り直してください。")
        )
        return {}


def _open(content, reading):
    try:
        if len(content) > MAX_ZIP:
            raise ValueError
        archive = zipfile.ZipFile(io.BytesIO(content))
        sizes = [entry.file_size for entry in archive.infolist()]
    except (*BROKEN, ValueError):
        reading.problems.append(
            Finding("", 0, "", "zipファイルとして開けません。OneRosterのzipを選んでください。")
        )
        return None
    if len(sizes) > MAX_ENTRIES or sum(sizes) > MAX_FILE:
        reading.problems.append(
            Finding("", 0, "", "zipの中身が大きすぎます。学校の名簿のzipか確かめてください。")
        )
        return None
    return archive


def _manifest(archive, names, reading):
    if "manifest.csv" not in names:
        reading.problems.append(
            Finding(
                "manifest.csv",
                0,
                "",
                "manifest.csvがありません。OneRoster 1.2のzipを書き出してください。",
            )
        )
        return {}
    text = _decode(archive.read("manifest.csv"), "manifest.csv", reading) or ""
    said = {row[0].strip(): row[1].strip() for row in _csv(text) if len(row) >= 2}
    if said.get("oneroster.version") not in VERSIONS:
        reading.problems.append(
            Finding(
                "manifest.csv",
                0,
                "oneroster.version",
                f"版は {'・'.join(VERSIONS)} のどれかにしてください。",
            )
        )
    return {key[5:]: value for key, value in said.items() if key.startswith("file.")}


def _compare(said, names, reading):
    for name, mode in said.items():
        present = f"{name}.csv" in names
        if mode == "delta":
            reason = "差分(delta)は受け付けていません。全件(bulk)で書き出してください。"
        elif mode == "bulk" and not present:
            reason = f"manifestではbulkですが、{name}.csvがありません。"
        elif mode == "absent" and present:
            reason = f"manifestではabsentですが、{name}.csvが入っています。"
        else:
            continue
        reading.problems.append(Finding(f"{name}.csv", 0, "", reason))
    for name in REQUIRED if said else ():
        if said.get(name) not in ("bulk", "delta"):
            reading.problems.append(Finding(f"{name}.csv", 0, "", f"{name}.csvは必須です。"))


def _rows(archive, name, reading):
    file = f"{name}.csv"
    text = _decode(archive.read(file), file, reading)
    if text is None:
        return []
    lines = _csv(text)
    header = [SPELLINGS.get(column.strip(), column.strip()) for column in next(lines, [])]
    if not _header_is_good(header, name, reading):
        return []
    rows = []
    for number, values in enumerate(lines, start=2):
        if number > MAX_ROWS:
            reading.problems.append(Finding(file, number, "", "行が多すぎます。"))
            break
        if not any(values):
            continue
        if len(values) != len(header):
            reading.problems.append(
                Finding(file, number, "", f"列の数が見出し({len(header)}列)と合いません。")
            )
            continue
        rows.append(Row(file, number, dict(zip(header, values, strict=True))))
    return rows


def _birth_months(archive, names, reading):
    """{user: first day of the month of birth}, where a file says so; the rest is not even kept."""
    file, found = "demographics.csv", {}
    text = _decode(archive.read(file), file, reading) if file in names else None
    lines = _csv(text or "")
    header = next(lines, [])
    if not {"sourcedId", "birthDate"} <= set(header):
        return found
    who, born = header.index("sourcedId"), header.index("birthDate")
    for number, values in enumerate(lines, start=2):
        if len(values) != len(header) or not values[born].strip():
            continue
        try:
            found[values[who].strip()] = date.fromisoformat(values[born].strip()).replace(day=1)
        except ValueError:
            reading.notes.append(
                Finding(
                    file,
                    number,
                    "birthDate",
                    "日付(YYYY-MM-DD)として読めません。使わずに進みます。",
                )
            )
    return found


def _header_is_good(header, name, reading):
    file, wanted = f"{name}.csv", HEAD + COLUMNS[name]
    missing = [column for column in wanted if column not in header and column not in OPTIONAL]
    for column in missing:
        reading.problems.append(Finding(file, 1, column, "この列がありません。"))
    known = [column for column in header if column in wanted]
    if not missing and known != [column for column in wanted if column in header]:
        reading.problems.append(
            Finding(file, 1, "", "列の順番が決まりと違います。書き出しの設定を確かめてください。")
        )
        return False
    for column in header:
        if column not in wanted:
            reading.notes.append(
                Finding(file, 1, column[:60], "知らない列です。使わずに進みます。")
            )
    return not missing


def _decode(body, file, reading):
    """The text of a file, or None after saying why not."""
    if body.startswith(b"\xef\xbb\xbf"):
        reading.notes.append(Finding(file, 1, "", "BOMが付いていました。取りのぞいて読みました。"))
        body = body[3:]
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        body.decode("cp932")
        reason = (
            "文字コードがShift_JIS(CP932)です。UTF-8で書き出し直してください"
            "(Excelで開いて保存し直すと、ほかの値も変わることがあります)。"
        )
    except UnicodeDecodeError:
        reason = "文字コードが分かりません。UTF-8で書き出し直してください。"
    reading.problems.append(Finding(file, 0, "", reason))
    return None


def _csv(text):
    csv.field_size_limit(131_072)
    return csv.reader(io.StringIO(text.replace("\x00", ""), newline=""))
