"""Values in place of content that cannot be opened although its key exists.

Pure: no Django, no database.
"""

from dataclasses import dataclass
from uuid import UUID


class _Unreadable:
    """DAMAGED or AWAY. False as a truth value, like the None of a destroyed key."""

    __slots__ = ("_name",)

    def __init__(self, name):
        self._name = name

    def __bool__(self):
        return False

    def __repr__(self):
        return self._name


DAMAGED = _Unreadable("DAMAGED")
UNAVAILABLE = _Unreadable("AWAY")  # the share store is unavailable: unknown for now


def is_unreadable(content) -> bool:
    """Whether this stands for content that is there and does not open (now)."""
    return isinstance(content, _Unreadable)


@dataclass(frozen=True)
class DamageFinding:
    """One key that cannot be used, or one row that does not open (``table``, ``row_id``)."""

    kind: str  # a DamageKind
    key_id: UUID
    municipality_id: UUID | None = None
    student_id: UUID | None = None
    purpose: str = ""
    table: str = ""
    row_id: UUID | None = None

    @property
    def place(self):
        """Identifies the place: there is one report for each."""
        return self.key_id, self.table, self.row_id
