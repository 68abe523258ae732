"""Registry of the people outside a school who read what a student does not want its staff to see."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.module_loading import import_string

_names: dict[str, str] = {}


def register_outside_readers(
    *, offered: str, people: str, last: str, beyond: str, rises_at: str
) -> None:
    """Register five functions by their names, once, when the app is loaded.

    ``offered(student) -> bool``: whether this student may name staff to keep words from;
    ``people(municipality_id) -> ids of accounts`` of those who read such words today;
    ``last(municipality_id)`` the same of those who read them where none of these is left, or none
    has; ``beyond(municipality_id)`` of those where none of the last is left either; ``rises_at(municipality_id, since) -> datetime`` when it is their turn, None: never.
    """
    _names.update(offered=offered, people=people, last=last, beyond=beyond, rises_at=rises_at)


def is_offered(student: Any) -> bool:
    """Whether this student may name staff to keep words from: somebody outside reads them."""
    return _function("offered")(student)


def accounts_outside(municipality_id: UUID) -> set[UUID]:
    """The accounts of a municipality's readers outside its schools."""
    return _function("people")(municipality_id)


def last_accounts(municipality_id: UUID) -> set[UUID]:
    """The accounts of those who read outside its schools once nobody else has."""
    return _function("last")(municipality_id)


def accounts_beyond(municipality_id: UUID) -> set[UUID]:
    """The accounts of those who read outside its schools where even the last ones may not."""
    return _function("beyond")(municipality_id)


def rises_at(municipality_id: UUID, since: datetime) -> datetime | None:
    """When words that arrived then and were opened by nobody are the turn of the last ones."""
    return _function("rises_at")(municipality_id, since)


def cities_last_read_by(user: Any) -> set[UUID]:
    """The municipalities whose last reader this person is today; read once a request."""
    if not hasattr(user, "known_last_cities"):
        cities = {post.municipality_id for post in user.current_posts if post.school_id is None}
        user.known_last_cities = {pk for pk in cities if user.pk in last_accounts(pk)}
    return user.known_last_cities


def cities_read_beyond_by(user: Any) -> set[UUID]:
    """The municipalities in which this person reads where even the last may not; once a request."""
    if not hasattr(user, "known_beyond_cities"):
        cities = {post.municipality_id for post in user.current_posts if post.school_id is None}
        user.known_beyond_cities = {pk for pk in cities if user.pk in accounts_beyond(pk)}
    return user.known_beyond_cities


def cities_read_by(user: Any) -> set[UUID]:
    """The municipalities whose outside reader this person is today; read once a request."""
    if not hasattr(user, "known_outside_cities"):
        cities = {post.municipality_id for post in user.current_posts}
        user.known_outside_cities = {pk for pk in cities if user.pk in accounts_outside(pk)}
    return user.known_outside_cities


def is_outside_reader(user: Any) -> bool:
    """Whether this person reads, first or last, what is written past some school."""
    return bool(cities_read_by(user) or cities_last_read_by(user) or cities_read_beyond_by(user))


def _function(what: str) -> Callable[..., Any]:
    return import_string(_names[what])
