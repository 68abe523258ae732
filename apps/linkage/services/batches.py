"""The result of one transaction of an import: of a file or a page, with counts and problems."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from apps.core import clock
from apps.linkage.connectors.contract import SourceError, SourcePosition
from apps.linkage.models import SourceFile
from apps.linkage.services import sync_issues

MAX_BATCH_ISSUES = sync_issues.MAX_ISSUES  # kept in memory for one batch; all are counted


class FileRefused(SourceError):
    """Nothing of a file may be kept: it is not the school's, or became unreadable while being read."""

    def __init__(self, issues, cursor=None):
        super().__init__(issues[0].reason)
        self.issues, self.cursor = issues, cursor


@dataclass
class Batch:
    """The result of one transaction: counts, problems, and how far the source was read."""

    file: object = None  # FileMark
    at: datetime = field(default_factory=clock.now)
    row: SourceFile | None = None
    imported: SourceFile | None = None  # its row, where it is read again for some students only
    cursor: dict | None = None
    issues: list = field(default_factory=list)
    latest: dict = field(default_factory=dict)  # {kind: newest day}
    days: Counter = field(default_factory=Counter)  # rows by day, for a file
    sealers: set = field(default_factory=set)  # whose keys sealed rows
    n_records: int = 0
    n_read: int = 0
    n_kept: int = 0
    n_unchanged: int = 0
    n_not_consented: int = 0
    n_waiting: int = 0  # of purposes that are paused: read again later
    n_damaged: int = 0  # whose key cannot be used: read again when it can, or has another
    n_too_old: int = 0
    n_erased: int = 0
    n_unknown_students: int = 0
    n_missing_zeros: int = 0  # unknown students whose code the roster has with leading zeros
    n_issues: int = 0
    codes: set = field(default_factory=set)  # students that a file named
    named: set = field(default_factory=set)  # ids of the students they are of
    protected: set = field(default_factory=set)  # ids of students whose earlier rows stay
    changed: Counter = field(default_factory=Counter)  # rows of earlier files, by student id
    place: SourcePosition = SourcePosition()  # the row being processed, in case of an error

    def note(self, *issues):
        """Count what could not be imported; the first ones are kept."""
        self.n_issues += len(issues)
        self.issues += issues[: max(0, MAX_BATCH_ISSUES - len(self.issues))]

    def add_dates(self, kind, days):
        """Count the days ({date: rows}) that records of a kind are of."""
        if not days:
            return
        if self.file is not None:
            self.days.update(days)
        self.latest[kind] = max(days.keys() | {self.latest.get(kind, date.min)})
