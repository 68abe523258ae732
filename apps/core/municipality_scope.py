"""Whose rows a statement may see: the municipalities for which the current code works.

PostgreSQL's row-level security (apps.core.row_policies) compares each row with the setting
``app.municipality``, which the database backend (apps.core.postgresql) sends in each transaction. A
request works for the municipalities of its user. Periodic tasks and commands work for all, each
named with its reason, and narrow with ``within`` where they act for one. Code that works for none
sees national rows alone.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, Token
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.conf import settings

P = ParamSpec("P")
R = TypeVar("R")
SETTING = "app.municipality"
EVERYWHERE = "*"

# As PostgreSQL gets it: ids with commas, EVERYWHERE, or "" for none; None where nothing was said,
# and the role's own setting counts (the owner's, while it migrates).
_value: ContextVar[str | None] = ContextVar("municipality_scope", default=None)


def current_value() -> str | None:
    """The value of the setting for the statements of the current code."""
    return _value.get()


@contextmanager
def within(municipality_ids: Iterable[UUID]) -> Iterator[None]:
    """In the block statements see the rows of these municipalities alone."""
    with _scoped_to(_as_text(municipality_ids)):
        yield


def set_scope(municipality_ids: Iterable[UUID]) -> Token:
    """From here on, until ``reset_scope``: for a request, whose user may sign in on the way."""
    return _value.set(_as_text(municipality_ids))


def reset_scope(token: Token) -> None:
    """What counted before ``set_scope`` counts again."""
    _value.reset(token)


def across_municipalities(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose statements see the rows of every municipality.

    Each is named with its reason in ``settings.ACROSS_MUNICIPALITIES``. Raises LookupError where it
    is not.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    everywhere(name)  # refused when it is defined, not when it is called

    @wraps(function)
    def across(*args: P.args, **kwargs: P.kwargs) -> R:
        with _scoped_to(EVERYWHERE):
            return function(*args, **kwargs)

    return across


def opens_municipality(
    attribute: str = "municipality_id",
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function that finds a row by what only its holder knows, in whichever municipality.

    Until the end of its request the code then works for the municipality of what was found as well
    (its ``attribute``). Each is named with its reason, as for ``across_municipalities``.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        across = across_municipalities(function)

        @wraps(function)
        def opens(*args: P.args, **kwargs: P.kwargs) -> R:
            found = across(*args, **kwargs)
            if found is not None:
                widen_to(getattr(found, attribute))
            return found

        return opens

    return decorate


def widen_to(municipality_id: UUID | None) -> None:
    """From here on the request sees the rows of this municipality as well."""
    value = _value.get()
    if municipality_id is not None and value not in (None, EVERYWHERE):
        _value.set(_as_text({str(municipality_id), *filter(None, str(value).split(","))}))


def everywhere(name: str) -> AbstractContextManager[None]:
    """A block whose statements see the rows of every municipality.

    ``name`` is the task, the command or the function that needs it, with its reason in
    ``settings.ACROSS_MUNICIPALITIES``. Raises LookupError where it is not named there.
    """
    if name not in settings.ACROSS_MUNICIPALITIES:
        raise LookupError(f"{name} is not named in settings.ACROSS_MUNICIPALITIES")
    return _scoped_to(EVERYWHERE)


@contextmanager
def _scoped_to(value: str) -> Iterator[None]:
    token = _value.set(value)
    try:
        yield
    finally:
        _value.reset(token)


def _as_text(municipality_ids: Iterable[Any]) -> str:
    return ",".join(sorted(str(UUID(str(pk))) for pk in municipality_ids))
