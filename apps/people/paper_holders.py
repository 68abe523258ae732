"""Whose paper somebody has ever had in hand: an app that makes paper says so, once, when loaded."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.module_loading import import_string

_finding: list[str] = []


def ask_for_holders(finding: str) -> None:
    """``finding`` names a function (student ids, account ids) -> ids of students.

    Those whose paper was made or printed with one of the accounts.
    """
    if finding not in _finding:
        _finding.append(finding)


def had_paper_of(student_ids: Iterable[UUID], account_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the students whose paper was ever made or printed with one of these accounts."""
    students, accounts = list(student_ids), list(account_ids)
    return {pk for find in _finding for pk in import_string(find)(students, accounts)}
