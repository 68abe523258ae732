"""Which sign-in services do not answer: seldom asked then, and told on the pages of sign-in.

A service that is away must not hold every worker until a time limit. Only no answer in time, no
connection and an error of the server (5xx) count; what is wrong in our settings does not. While the
cache is away nothing is remembered and every service is asked.
"""

from collections.abc import Iterable
from uuid import UUID

from django.core.cache import cache

from apps.core.sessions import PausingCache

AWAY_KEPT_S, ASKED_AGAIN_S = 5 * 60, 30
memory = PausingCache()


def may_ask(origin: str) -> bool:
    """Whether to ask a server now: of one that did not answer, once in half a minute."""
    if not memory.ask(cache.get, _away(origin)):
        return True
    return memory.ask(cache.add, f"{_away(origin)}.asked", 1, ASKED_AGAIN_S, otherwise=True)


def note_away(origin: str) -> None:
    """Note for some minutes that a server did not answer."""
    memory.ask(cache.set, _away(origin), 1, AWAY_KEPT_S)
    memory.ask(cache.add, f"{_away(origin)}.asked", 1, ASKED_AGAIN_S)


def note_answer(origin: str) -> None:
    """Note that it answers (again)."""
    if memory.ask(cache.get, _away(origin)):
        memory.ask(cache.delete, _away(origin))


def note_failed_sign_in(municipality_id: UUID) -> None:
    """Note for some minutes that a service of this municipality did not answer a sign-in."""
    memory.ask(cache.set, _failed(municipality_id), 1, AWAY_KEPT_S)


def cities_with_failed_sign_in(municipality_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the municipalities for which that was noted lately."""
    places = {_failed(pk): pk for pk in municipality_ids}
    return {places[place] for place in memory.ask(cache.get_many, [*places], otherwise={})}


def _away(origin: str) -> str:
    return f"oidc.away:{origin}"


def _failed(municipality_id: UUID) -> str:
    return f"oidc.failed:{municipality_id}"
