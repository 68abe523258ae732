"""Whose paper somebody has ever had in hand: an app that makes paper says so, once, when loaded."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.module_loading import import_string

_lookups: list[str] = []


def register_holder_lookup(finding: str) -> None:
    """``finding`` names a function (student ids, account ids) -> ids of students.

    Those whose paper was made or printed with one of the accounts.
    """
    if finding not in _lookups:
        _lookups.append(finding)


def students_of_handled_credentials(
    student_ids: Iterable[UUID], account_ids: Iterable[UUID]
) -> set[UUID]:
    """Those of the students whose paper was ever made or printed with one of these accounts."""
    students, accounts = list(student_ids), list(account_ids)
    return {pk for find in _lookups for pk in import_string(find)(students, accounts)}
