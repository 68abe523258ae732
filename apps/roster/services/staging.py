"""Reads a zip into staging tables: its FileReport, and the place and year it is about."""

import re
from dataclasses import dataclass

from apps.core.clock import today
from apps.core.school_years import school_year_of
from apps.roster.oneroster.zip_reader import read_zip
from apps.roster.services import account_names, row_rules, staging_tables

YEAR_TITLE = re.compile(r"^(\d{4})年度$")
MAX_YEARS_AWAY = 5  # from today's school year; no approval admits a mistyped year


@dataclass(frozen=True)
class StagedRoster:
    """A complete roster of the schools it names, for one school year; its people are staged."""

    municipality_code: str
    municipality_name: str
    school_year: int
    school_codes: frozenset


def stage_zip(file):
    """Read a zip (bytes or a binary file) into staging tables: (FileReport, StagedRoster or None).

    In the caller's transaction, to which the tables belong. The roster is None where the report has
    problems.
    """
    staging_tables.create_tables()
    reading = read_zip(file, _copy_rows)
    if _is_broken_as_a_whole(reading):
        return reading, None
    roster = _roster_of(reading)
    row_rules.check_rules(row_rules.BETWEEN_ROWS, reading)
    if reading.is_error_free:
        staging_tables.create_people_tables()
        row_rules.check_rules(row_rules.BETWEEN_PEOPLE, reading)
        row_rules.note_choices(row_rules.CHOSEN_AMONG, reading)
    return reading, roster if reading.is_error_free else None


def _copy_rows(file, blocks):
    """Copy a file's rows; of users' account names only the digests, or nothing of them."""
    if file == "users":
        codes = [code for kind, code, _ in staging_tables.organisations() if kind == "district"]
        blocks = account_names.digested(blocks, account_names.key_of_code(codes[:1]))
    staging_tables.copy_rows(file, blocks)


def _is_broken_as_a_whole(reading):
    """Whether a file or a row could not be read at all: then dangling references mean nothing."""
    return any(problem.line < 2 or not problem.column for problem in reading.problems)


def _roster_of(reading):
    """The roster's place and year; whatever is missing is a problem."""
    places = staging_tables.organisations()
    districts = [(code, name) for kind, code, name in places if kind == "district"]
    schools = frozenset(code for kind, code, _ in places if kind == "school")
    if not districts or not schools:
        reason = "教育委員会(district)1つと、学校(school)が必要です。"
        reading.add_problem("orgs.csv", 0, "", reason)
    code, name = districts[0] if districts else ("", "")
    return StagedRoster(code, name, _year(reading), schools)


def _year(reading):
    years = staging_tables.school_years()
    if len(years) != 1:
        reason = "年度(schoolYear)の行が1つ必要です。"
        reading.add_problem("academicSessions.csv", 0, "type", reason)
        return 0
    ((line, title),) = years
    found = YEAR_TITLE.match(title)
    if not found:
        reason = "年度の名前は「2026年度」の形にしてください。"
        reading.add_problem("academicSessions.csv", line, "title", reason)
        return 0
    year, now = int(found.group(1)), school_year_of(today())
    if abs(year - now) > MAX_YEARS_AWAY:
        reason = f"{title}は、今の年度({now}年度)から離れすぎています。"
        reading.add_problem("academicSessions.csv", line, "title", reason)
    return year
