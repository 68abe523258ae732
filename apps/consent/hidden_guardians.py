"""What another guardian may notice of one who must stay unknown. Pure: no Django, no clock.

The yes of a hidden guardian begins nothing before every other person who decides has answered
themselves; every other answer of theirs protects at once.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

GIVEN = "given"


class Answer(Protocol):
    """As much of a decision as is asked here."""

    purpose: str
    guardian_id: UUID | None
    response: str


AnswerT = TypeVar("AnswerT", bound=Answer)


class DecidingPerson(NamedTuple):
    """One person who decides: the ids of their guardians, and whether they must stay unknown."""

    guardian_ids: frozenset[UUID]
    is_hidden: bool


def deciding_persons(
    guardians: Iterable[tuple[UUID, UUID | None, bool]],
) -> tuple[DecidingPerson, ...]:
    """The persons of (guardian id, user id or None, is hidden): the rows of one account are one."""
    rows: dict[UUID, list[tuple[UUID, bool]]] = {}
    for guardian_id, user_id, is_hidden in guardians:
        rows.setdefault(user_id or guardian_id, []).append((guardian_id, is_hidden))
    return tuple(
        DecidingPerson(frozenset(pk for pk, _ in own), any(hidden for _, hidden in own))
        for own in rows.values()
    )


def without_lone_yes(
    decisions: Sequence[AnswerT], persons: Sequence[DecidingPerson]
) -> list[AnswerT]:
    """The decisions without a hidden person's yes where another person has not answered."""
    answered = {(each.purpose, each.guardian_id) for each in decisions}

    def is_lone(decision: AnswerT) -> bool:
        own = next((p for p in persons if decision.guardian_id in p.guardian_ids), None)
        if own is None or not own.is_hidden or decision.response != GIVEN:
            return False
        return any(
            answered.isdisjoint((decision.purpose, pk) for pk in person.guardian_ids)
            for person in persons
            if person is not own
        )

    return [decision for decision in decisions if not is_lone(decision)]


def known_to(
    guardian_id: UUID, decisions: Sequence[AnswerT], persons: Sequence[DecidingPerson]
) -> list[AnswerT]:
    """What would count for this guardian had no other person who must stay unknown answered."""
    known = [p for p in persons if not p.is_hidden or guardian_id in p.guardian_ids]
    unknown = {pk for person in persons if person not in known for pk in person.guardian_ids}
    return without_lone_yes([each for each in decisions if each.guardian_id not in unknown], known)
