# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Databases that begin as copies of one: this process goes back and forth between them."""

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg

from kaga_portal.embedded_roles import APP_ROLE, SUPERUSER


@dataclass
class Place:
    """One database, with its own folders and its own part of the cache."""

    name: str
    connection: object
    folder: Path

    @property
    def inbox(self):
        return self.folder / "inbox"


class Places:
    """The databases by name. The first one is the one that Django began with."""

    def __init__(self, first, folder):
        from django.db import connections

        self._folder, self._here = folder, first
        self._all = {first: self._place(first, connections["default"])}

    def copy(self, name, of):
        """A new database with all that ``of`` holds now."""
        from django.db import connections

        source = self._all[of].connection
        database = f"{self._all[self._first()].connection.settings_dict['NAME']}_{name}"
        for place in self._all.values():
            place.connection.close()  # a database with sessions cannot be copied
        with self._server() as server:
            server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {database} TEMPLATE {source.settings_dict['NAME']}")
        made = connections["default"].copy()
        made.settings_dict["NAME"] = database
        self._all[name] = self._place(name, made)

    def drop(self, name):
        """Drop a copy."""
        place = self._all.pop(name)
        place.connection.close()
        with self._server() as server:
            database = place.connection.settings_dict["NAME"]
            server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def drop_copies(self):
        """Go back to the first database and drop all others."""
        self.use(self._first())
        for name in list(self._all)[1:]:
            self.drop(name)

    def use(self, name):
        """Everything this thread does from now on happens there; the Place."""
        from django.core.cache import cache
        from django.core.files.storage import storages
        from django.db import connections

        from apps.core.storage_aliases import LEDGER, SOURCES

        place = self._all[name]
        connections["default"] = place.connection
        cache.key_prefix = f"big-year-{name}"
        for alias, where in ((SOURCES, place.inbox), (LEDGER, place.folder / "ledger")):
            storages[alias]._location = str(where)
            for worked_out in ("base_location", "location"):
                storages[alias].__dict__.pop(worked_out, None)
        return place

    def _first(self):
        return next(iter(self._all))

    def _place(self, name, connection):
        folder = self._folder / name
        for part in ("inbox", "ledger"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        return Place(name, connection, folder)

    def _server(self):
        url = os.environ["DATABASE_URL"].replace(f"//{APP_ROLE}@", f"//{SUPERUSER}@")
        return psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", autocommit=True)
