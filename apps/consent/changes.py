"""What is different between two versions of the words, clause by clause. Pure."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from apps.core.text import plain_lines

CLAUSE = re.compile(r"[^、。\n]*[、。\n]|[^、。\n]+")
SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True)
class Part:
    """A run of clauses: the same in both versions, gone, or new."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One field whose words differ."""

    field: str
    parts: tuple[Part, ...]


def changes(before, after, fields):
    """The Changes from ``before`` to ``after`` (anything with these attributes), field by field.

    How lines end and blanks that nobody sees are no change.
    """
    pairs = (
        (field, plain_lines(getattr(before, field)), plain_lines(getattr(after, field)))
        for field in fields
    )
    return [Change(field, compare(old, new)) for field, old, new in pairs if old != new]


def compare(old, new):
    """The Parts that turn ``old`` into ``new``; without the gone ones they spell ``new``."""
    a, b = CLAUSE.findall(old), CLAUSE.findall(new)
    parts = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(Part(SAME, "".join(a[a1:a2])))
            continue
        parts += [Part(GONE, "".join(a[a1:a2]))] if a1 < a2 else []
        parts += [Part(NEW, "".join(b[b1:b2]))] if b1 < b2 else []
    return tuple(parts)
