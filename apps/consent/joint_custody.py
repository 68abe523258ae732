"""Where every guardian who decides must agree: who they are, among the decisions. Pure: no Django.

A policy may ask all of them. The persons who decide stand among the latest decisions, so that
whoever judges a purpose by another policy (before a change, on another day) knows them too.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from apps.consent.hidden_guardians import DecidingPerson

GUARDIAN = "guardian"


class DecidingMark(NamedTuple):
    """One person who decides. It has the names of a decision, is about no purpose, says nothing."""

    guardian_ids: frozenset[UUID]
    guardian_id: UUID
    student_id: UUID
    purpose: str = ""
    party: str = GUARDIAN
    response: str = ""
    document_id: None = None
    decided_at: None = None


def with_marks(
    decisions: Sequence[Any], persons: Iterable[DecidingPerson], student_id: UUID
) -> list[Any]:
    """The decisions, and a mark for each person who decides about this student."""
    marks = [
        DecidingMark(person.guardian_ids, min(person.guardian_ids, key=str), student_id)
        for person in persons
    ]
    return [*decisions, *marks]


def without_marks(decisions: Iterable[Any]) -> list[Any]:
    """The decisions alone."""
    return [each for each in decisions if not isinstance(each, DecidingMark)]


def count_silent(decisions: Iterable[Any], purpose: str) -> int:
    """How many of the persons who decide have not answered about this purpose."""
    decisions = list(decisions)
    answered = {each.guardian_id for each in decisions if each.purpose == purpose}
    marks = [each for each in decisions if isinstance(each, DecidingMark)]
    return sum(answered.isdisjoint(mark.guardian_ids) for mark in marks)
