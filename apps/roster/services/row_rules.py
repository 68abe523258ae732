"""Rules between the rows of a staged roster: (file, column, statement of the broken rows, message)."""

from collections.abc import Iterable, Iterator

from apps.roster.oneroster.report import MAX_FINDINGS, FileReport
from apps.roster.services.staging_tables import SENT_COLUMNS, SENT_SCHOOLS, fetch_rows, table_of
from apps.roster.services.statements import load_statement

Rule = tuple[str, str, str, str]
DANGLING_MESSAGE = "が見つかりません(つながりが切れています)。"


def _duplicate_rule(file: str, attribute: str, column: str, reason: str) -> Rule:
    return (
        file,
        attribute,
        load_statement("duplicate_rows", table=table_of(file), column=column),
        reason,
    )


def _dangling_rule(file: str, attribute: str, column: str, known: str, what: str) -> Rule:
    return (
        file,
        attribute,
        load_statement("dangling_rows", table=table_of(file), column=column, known=known),
        what + DANGLING_MESSAGE,
    )


BETWEEN_ROWS = (
    *(_duplicate_rule(file, "sourcedId", "source_id", "同じsourcedIdの行がもう1つあります。")
      for file in SENT_COLUMNS if file != "demographics"),
    _duplicate_rule("users", "userMasterIdentifier", "master_id", "同じ共通IDの人がもう1人います。"),
    ("orgs", "type",
     "SELECT line FROM sent_orgs WHERE type = 'district' AND line >"
     " (SELECT min(line) FROM sent_orgs WHERE type = 'district')",
     "教育委員会(district)は1つだけにしてください。"),
    ("orgs", "identifier",
     "SELECT o.line FROM sent_orgs o JOIN sent_orgs p USING (type, identifier)"
     " WHERE type = 'school' AND p.line < o.line", "同じ学校コードの学校がもう1つあります。"),
    _dangling_rule("classes", "schoolSourcedId", "school", SENT_SCHOOLS, "学校"),
    _dangling_rule("roles", "userSourcedId", "person", "sent_users", "利用者"),
    _dangling_rule("roles", "orgSourcedId", "school", "sent_orgs", "学校"),
    _dangling_rule("enrollments", "userSourcedId", "person", "sent_users", "利用者"),
    _dangling_rule("enrollments", "classSourcedId", "class", "sent_classes", "学級"),
    _dangling_rule("enrollments", "schoolSourcedId", "school", SENT_SCHOOLS, "学校"),
    ("users", "agentSourcedIds", load_statement("dangling_agents"), f"保護者{DANGLING_MESSAGE}"),
)  # fmt: skip
BETWEEN_PEOPLE = (
    ("users", "metadata.jp.homeClass",
     "SELECT line FROM roster_students WHERE named <> '' AND named_class IS NULL", f"学級{DANGLING_MESSAGE}"),
    ("users", "metadata.jp.homeClass",
     "SELECT line, n_alike FROM roster_students WHERE named_class IS NOT NULL AND n_alike > 1",
     "この名前の学級が、この学校に{other}行あり、どれか決まりません。学級のsourcedIdを書くか、"
     "enrollments.csvに、この生徒のいる学級を1つ書いてください。"),
    ("users", "userIds", load_statement("same_codes"),
     "管理コードが{other}行めの生徒と同じです(全角と半角、大文字と小文字、前後の空白は区別しません)。"),
    ("users", "userIds", load_statement("same_codes_without_zeros"),
     "管理コードが、先頭の0をのぞくと{other}行めの生徒と同じです。"
     "Excelなどが0を消したとき、2人の区別がつきません。"),
)  # fmt: skip

# What is accepted but reported.
CHOSEN_AMONG = (
    ("users", "metadata.jp.homeClass",
     "SELECT line, n_seats FROM roster_students WHERE named = '' AND n_seats > 1",
     "この生徒のいるホームルームがenrollments.csvに{other}行あるので、はじめの行の学級にしました。"),
    ("users", "sourcedId", "SELECT line, n_led FROM roster_teachers WHERE n_led > 1",
     "この先生が担任の学級がenrollments.csvに{other}行あるので、はじめの行の学級の担任にしました。"),
)  # fmt: skip


def check_rules(rules: Iterable[Rule], reading: FileReport) -> None:
    """Report in ``reading`` the rows that break rules between rows.

    A rule's statement returns lines, or lines with the ``other`` line (or number) of its message.
    """
    for file, column, reason, found in _found(rules):
        for line, *other, _ in found:
            reading.add_problem(f"{file}.csv", line, column, reason.format(other=(other or [0])[0]))
        if found:
            reading.n_problems += found[0][-1] - len(found)


def note_choices(rules: Iterable[Rule], reading: FileReport) -> None:
    """Report in ``reading`` the rows where one of several possible values was chosen."""
    for file, column, reason, found in _found(rules):
        for line, other, _ in found:
            reading.add_note(f"{file}.csv", line, column, reason.format(other=other))
        if found:
            reading.n_notes += found[0][-1] - len(found)


def _found(rules: Iterable[Rule]) -> Iterator[tuple[str, str, str, list]]:
    """(file, column, message, the first rows of the rule's statement and how many there are)."""
    for file, column, broken, reason in rules:
        found = fetch_rows(
            f"SELECT broken.*, count(*) OVER () FROM ({broken}) broken"  # noqa: S608
            f" ORDER BY line LIMIT {MAX_FINDINGS}"
        )
        yield file, column, reason, found
