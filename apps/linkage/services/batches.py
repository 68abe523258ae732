"""What came in one transaction of a source: a file or a page, its counts and its problems."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from apps.core import clock
from apps.linkage.connectors.contract import SourceError, SourcePosition
from apps.linkage.models import SourceFile
from apps.linkage.services import sync_issues

MAX_BATCH_ISSUES = sync_issues.MAX_ISSUES  # held in memory a lot; all are counted


class FileRefused(SourceError):
    """Nothing of a file may be kept: it is not the school's, or became unreadable on the way."""

    def __init__(self, issues, cursor=None):
        super().__init__(issues[0].reason)
        self.issues, self.cursor = issues, cursor


@dataclass
class Batch:
    """What came in one transaction: counts, problems, and how far the source was read by it."""

    file: object = None  # FileMark
    at: datetime = field(default_factory=clock.now)
    row: SourceFile | None = None
    cursor: dict | None = None
    issues: list = field(default_factory=list)
    latest: dict = field(default_factory=dict)  # {kind: newest day}
    days: Counter = field(default_factory=Counter)  # of a file: rows by day
    sealers: set = field(default_factory=set)  # that rows were sealed by
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
    n_missing_zeros: int = 0  # of the strangers: the roster has the code with zeros before it
    n_issues: int = 0
    codes: set = field(default_factory=set)  # that a file named
    named: set = field(default_factory=set)  # ids of the students they are of
    protected: set = field(default_factory=set)  # ids of students whose earlier rows stay
    changed: Counter = field(default_factory=Counter)  # rows of earlier files, by student id
    place: SourcePosition = (
        SourcePosition()
    )  # of the row being worked on, should something stop there

    def note(self, *issues):
        """Count what could not be taken in; the first ones are kept."""
        self.n_issues += len(issues)
        self.issues += issues[: max(0, MAX_BATCH_ISSUES - len(self.issues))]

    def add_dates(self, kind, days):
        """Note the days ({date: rows}) that records of a kind speak of."""
        if not days:
            return
        if self.file is not None:
            self.days.update(days)
        self.latest[kind] = max(days.keys() | {self.latest.get(kind, date.min)})
