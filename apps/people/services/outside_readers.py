"""Registry of the people outside a school who read what a student does not want its staff to see."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.module_loading import import_string

_names: dict[str, str] = {}


def register_outside_readers(*, offered: str, people: str) -> None:
    """Register two functions by their names, once, when the app is loaded.

    ``offered(student) -> bool``: whether this student may name staff to keep words from;
    ``people(municipality_id) -> ids of accounts`` of those who read such words today.
    """
    _names.update(offered=offered, people=people)


def is_offered(student: Any) -> bool:
    """Whether this student may name staff to keep words from: somebody outside reads them."""
    return _function("offered")(student)


def accounts_outside(municipality_id: UUID) -> set[UUID]:
    """The accounts of a municipality's readers outside its schools."""
    return _function("people")(municipality_id)


def cities_read_by(user: Any) -> set[UUID]:
    """The municipalities whose outside reader this person is today; read once a request."""
    if not hasattr(user, "known_outside_cities"):
        cities = {post.municipality_id for post in user.current_posts}
        user.known_outside_cities = {pk for pk in cities if user.pk in accounts_outside(pk)}
    return user.known_outside_cities


def _function(what: str) -> Callable[..., Any]:
    return import_string(_names[what])
