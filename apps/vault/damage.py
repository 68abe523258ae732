"""What stands where content should, when its key is there and it does not open.

Pure: no Django, no database.
"""

from dataclasses import dataclass
from uuid import UUID


class _Damaged:
    """The one instance is DAMAGED. False as a truth value, like the None of a destroyed key."""

    __slots__ = ()

    def __bool__(self):
        return False

    def __repr__(self):
        return "DAMAGED"


DAMAGED = _Damaged()


@dataclass(frozen=True)
class Finding:
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
        """What names it: of the same place there is one report."""
        return self.key_id, self.table, self.row_id
