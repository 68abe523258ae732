"""Registry of who has handled a student's printed credentials: apps register a lookup each."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.module_loading import import_string

_lookups: list[str] = []


def register_holder_lookup(finding: str) -> None:
    """``finding`` names a function (student ids, account ids) -> ids of students.

    Students whose cards or letters were made or printed by one of the accounts.
    """
    if finding not in _lookups:
        _lookups.append(finding)


def students_of_handled_credentials(
    student_ids: Iterable[UUID], account_ids: Iterable[UUID]
) -> set[UUID]:
    """Those students whose cards or letters were ever made or printed by one of these accounts."""
    students, accounts = list(student_ids), list(account_ids)
    return {pk for find in _lookups for pk in import_string(find)(students, accounts)}
