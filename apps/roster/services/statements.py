"""Loads the SQL statements of this app: one file in ``apps/roster/statements`` for each step."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "statements"


def load_statement(name: str, **parts: str) -> str:
    """The statement ``name``, with each ``{part}`` replaced. Raises OSError where there is none.

    Parts are SQL from the code, never values: those are parameters (``%(name)s``).
    """
    text = _read(name)
    for part, sql in parts.items():
        text = text.replace(f"{{{part}}}", sql)
    return text


@cache
def _read(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
