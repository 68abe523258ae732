"""The connection of the role that owns the tables: it migrates, and serves nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

ROLE_SETTINGS = ("USER", "PASSWORD", "HOST", "PORT")


@contextmanager
def as_owner(connection: Any) -> Iterator[None]:
    """In the block the connection is that of OWNER_DATABASE_URL's role, to the same database.

    Where no such role is named it stays as it is: the role of DATABASE_URL owns the tables then.
    """
    if not settings.OWNER_DATABASE.get("USER"):
        yield
        return
    served = {name: connection.settings_dict[name] for name in ROLE_SETTINGS}
    connection.close()
    connection.settings_dict.update({name: settings.OWNER_DATABASE[name] for name in ROLE_SETTINGS})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(served)


def app_role() -> str:
    """The role of DATABASE_URL, where another one owns the tables; else ""."""
    return settings.APP_DATABASE_ROLE if settings.OWNER_DATABASE.get("USER") else ""
