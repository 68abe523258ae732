"""The names of guardians on a list that the school keeps, by child."""

from collections.abc import Iterable
from uuid import UUID


def names_listed(student_ids: Iterable[UUID]) -> dict[UUID, set[str]]:
    """{student id: the names and readings on the school's list, as ``standing.names_of`` writes them}."""
    return {}
