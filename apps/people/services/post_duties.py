"""Registry of duties that depend on a staff post: apps register lookups."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.module_loading import import_string

_providers: dict[str, tuple[str, str, str]] = {}


@dataclass(frozen=True)
class PostDuty:
    """One duty of one person at one school, in words; ``is_last``: the last one to be called."""

    words: str
    is_last: bool = False


def register_duties(app: str, *, held: str, able: str, hand_over: str) -> None:
    """Register three functions by their names, once, when the app is loaded.

    ``held(user_id, school_id) -> [PostDuty]``; ``able(school_id) -> ids of accounts`` that could
    take them over; ``hand_over(user_id, school_id, to_id, by)`` gives them to somebody else.
    """
    _providers[app] = (held, able, hand_over)


def duties_of(user_id: UUID | None, school_id: UUID | None) -> list[PostDuty]:
    """The duties this person holds at this school."""
    if user_id is None or school_id is None:
        return []
    return [duty for held, _, _ in _functions() for duty in held(user_id, school_id)]


def possible_successors(user_id: UUID, school_id: UUID) -> set[UUID]:
    """The accounts that could take over all of this person's duties at the school."""
    found = [set(able(school_id)) for held, able, _ in _functions() if held(user_id, school_id)]
    return set.intersection(*found) - {user_id} if found else set()


def hand_over(user_id: UUID, school_id: UUID, to_id: UUID, by) -> None:
    """Give all duties of this person at the school to another, in the caller's transaction."""
    for held, _, give in _functions():
        if held(user_id, school_id):
            give(user_id, school_id, to_id, by)


def _functions() -> list[tuple[Callable, Callable, Callable]]:
    return [tuple(map(import_string, names)) for names in _providers.values()]
