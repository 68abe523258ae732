"""The differences between two versions of a document, clause by clause. Pure."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from apps.core.text import plain_lines

CLAUSE_PATTERN = re.compile(r"[^、。\n]*[、。\n]|[^、。\n]+")
SAME, REMOVED, ADDED = "same", "gone", "new"


@dataclass(frozen=True)
class DiffPart:
    """A run of clauses: the same in both versions, removed, or added."""

    kind: str
    text: str


@dataclass(frozen=True)
class FieldDiff:
    """One field whose text differs."""

    field: str
    parts: tuple[DiffPart, ...]


def diff_fields(before, after, fields):
    """The FieldDiffs from ``before`` to ``after`` (anything with these attributes).

    Differences in line ends and invisible blanks do not count.
    """
    pairs = (
        (field, plain_lines(getattr(before, field)), plain_lines(getattr(after, field)))
        for field in fields
    )
    return [FieldDiff(field, diff_clauses(old, new)) for field, old, new in pairs if old != new]


def diff_clauses(old, new):
    """The DiffParts that turn ``old`` into ``new``; without the removed ones they spell ``new``."""
    a, b = CLAUSE_PATTERN.findall(old), CLAUSE_PATTERN.findall(new)
    parts = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(DiffPart(SAME, "".join(a[a1:a2])))
            continue
        parts += [DiffPart(REMOVED, "".join(a[a1:a2]))] if a1 < a2 else []
        parts += [DiffPart(ADDED, "".join(b[b1:b2]))] if b1 < b2 else []
    return tuple(parts)
