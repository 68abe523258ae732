"""Merges two rows of one student and day, 遅刻 and 早退, into one of 遅刻早退. Pure."""

from apps.linkage.attendance_marks import AttendanceMark
from apps.linkage.connectors.school_files.file_mapping import normalise_text

LATE, EARLY = AttendanceMark.LATE.value, AttendanceMark.EARLY.value
LATE_AND_EARLY = AttendanceMark.LATE_EARLY.value
FORMAT_NAME, MARK_COLUMN = "attendance_daily", "出欠区分"
MAX_PAIRS = 100_000  # rows with such a mark kept in memory for one file


class LateAndEarlyPairs:
    """Finds the (student, day), as written, that have both rows in a file of a ``kind``."""

    def __init__(self, kind, mapping):
        self._is_asked = kind.name == FORMAT_NAME
        self._means = mapping.codes_of(kind.column(MARK_COLUMN)) if self._is_asked else {}
        self._seen, self._marks = {LATE: set(), EARLY: set()}, {}
        self.both, self._merged = frozenset(), set()

    def note(self, where, row):
        """Note a row of the first pass; ``where`` are the columns of code, day and mark."""
        if not self._is_asked or len(row) <= max(where[:3]):
            return
        seen = self._seen.get(self._mark(row[where[2]]))
        if seen is not None and len(seen) < MAX_PAIRS:
            seen.add((normalise_text(row[where[0]]), normalise_text(row[where[1]])))

    def end(self):
        """End the first pass."""
        self.both = frozenset(self._seen[LATE] & self._seen[EARLY])

    def merged(self, picked):
        """The cells of a row after merging; None for one that another row already covers."""
        named = normalise_text(picked[0]), normalise_text(picked[1])
        if named not in self.both or self._mark(picked[2]) not in self._seen:
            return picked
        if named in self._merged:
            return None
        self._merged.add(named)
        return (*picked[:2], LATE_AND_EARLY, *picked[3:])

    def _mark(self, cell):
        if cell not in self._marks and len(self._marks) < MAX_PAIRS:
            self._marks[cell] = self._means.get(normalise_text(cell))
        return self._marks.get(cell)
