"""How a model declares columns that depend on a key of the ring. Pure: no Django."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RingColumn:
    """A column sealed under the ring: ``sealed`` holds the bytes, ``key`` the id of the ring's key.

    ``place`` is bound to the seal: a format string over the fields of the row, ``label`` (of the
    model) and ``table``. Without ``key`` the column is a text that names its key itself
    (apps.vault.sealed_text).
    """

    sealed: str
    place: str
    key: str = ""
    what: str = ""  # for the terminal: "codes of cards"

    def place_of(self, row) -> str:
        """The place of one row."""
        return self.place.format_map(_Fields(row))


@dataclass(frozen=True)
class RingDigest:
    """A column with a keyed digest of what only a person knows: nobody can compute it again.

    ``key`` is the column with the id of the ring's key ("" where it is not known), ``in_use`` the
    method of the manager that gives the rows whose digest still matters.
    """

    digest: str
    key: str
    in_use: str
    what: str
    advice: str  # what to do about those of an older key


class _Fields(dict):
    """The fields of a row for a format string."""

    def __init__(self, row):
        super().__init__()
        self._row = row

    def __missing__(self, name):
        meta = self._row._meta
        named = {"label": meta.label_lower, "table": meta.db_table}
        return named[name] if name in named else getattr(self._row, name)
