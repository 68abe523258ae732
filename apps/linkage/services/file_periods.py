"""A file replaces earlier rows of the days and students it names: what it no longer states is
deleted.

It says nothing about other students. Where rows of theirs for its days would be deleted, or many
rows of those it names, nothing is written until a person decides.
"""

from collections import Counter
from datetime import date, timedelta

from django.db.models import F, Q

from apps.linkage.connectors.contract import SourceError
from apps.linkage.connectors.school_files.row_parsers import term_start
from apps.linkage.models import LinkedRecord, LossScope, SourceFile
from apps.linkage.services import record_writer
from apps.people.models import Student
from apps.vault.services.keys import unlocked_keys

ALLOWED_LOSS_ROWS = 2  # rows that may be deleted without asking, however few there were
ALLOWED_LOSS_SHARE = 0.3
DAILY_KINDS = {"attendance_daily", "nurse_visit", "kokoro_tenki"}
MAX_DAY_GAP = timedelta(days=31)  # the longest gap between two days of one file
MAX_OUTLIER_ROWS = 2
MAX_CLASSES_LISTED = 4
NO_CLASS = "学級なし"


class LossNeedsDecision(SourceError):
    """Importing a file would delete rows that a person must decide on; ``sha256`` identifies it.

    ``n_students`` and ``n_records`` say how much, ``loss_of`` (LossScope) whose.
    """

    def __init__(self, message, sha256, *, loss_of, n_students=0, n_records=0):
        super().__init__(message)
        self.loss_of = loss_of
        self.sha256, self.n_students, self.n_records = sha256, n_students, n_records


class FilePeriod:
    """The days one file covers, and the rows that earlier files stated for them."""

    def __init__(self, source, mark, row, days):
        self.source, self.mark, self.row = source, mark, row
        self.first_on, self.last_on = _span(days, mark.kind in DAILY_KINDS)
        if row.first_on is not None:  # read again for some students: it covers what it covered
            self.first_on, self.last_on = row.first_on, row.last_on

    def replace(self, named, changed, *, accepts_loss, keeps_others, protected=frozenset()):
        """Delete rows of its days that the file no longer states; how many. Raises
        LossNeedsDecision.

        ``named`` are the ids of the students it names, ``changed`` counts by student the rows of
        earlier files that now belong to this one. ``keeps_others`` keeps the rows of students it
        does not name; ``accepts_loss``: a person agreed to delete the rest. Rows of the ``spared``
        (ids) are kept: the file has rows that may be theirs and could not be imported.
        """
        if self.first_on is None:
            return 0
        inside, across = self._earlier()
        crossing = self._of_our_days(record_writer.unstated_ids(across)) if across else []
        if keeps_others:
            crossing = [row for row in crossing if row.student_id in named]
        lost = Counter(
            dict(record_writer.count_unstated_by_student(inside, named if keeps_others else None))
        )
        crossing = [row for row in crossing if row.student_id not in protected]
        lost.update(row.student_id for row in crossing)
        lost = Counter({student: n for student, n in lost.items() if student not in protected})
        if not lost:
            return 0
        if not accepts_loss and (words := self._loss(lost, named, changed)):
            raise LossNeedsDecision(
                words, self.mark.sha256,
                loss_of=LossScope.NAMED if lost.keys() <= named else LossScope.OTHERS,
                n_students=len(lost), n_records=sum(lost.values()),
            )  # fmt: skip
        record_writer.delete_unstated(inside, list(lost))
        LinkedRecord.objects.filter(pk__in=[row.pk for row in crossing]).delete()
        return sum(lost.values())

    def close(self, n_kept):
        """Save which days the file covered and how many rows it gave."""
        SourceFile.objects.filter(pk=self.row.pk).update(
            first_on=self.first_on, last_on=self.last_on, n_kept=F("n_kept") + n_kept
        )

    # -- what would be lost ---------------------------------------------------------------------

    def _loss(self, lost, named, changed):
        """A sentence about rows whose deletion needs a decision; "" where none does."""
        others = {student: n for student, n in lost.items() if student not in named}
        if others:
            return (
                f"「{self.mark.name[:60]}」に 名前の ない 生徒 {len(others):,}人"
                f"({_in_classes(others)})の 記録が {sum(others.values()):,}件 消えます。"
                "消すか 残すか 決めてください。"
            )
        n_lost, n_before = self._worst(lost, changed)
        if not n_lost:
            return ""
        return (
            f"「{self.mark.name[:60]}」を 取り込むと、前に 取り込んだ {n_before:,}件のうち "
            f"{n_lost:,}件が 消えます。ファイルを 確かめてから、取り込むか 決めてください。"
        )

    def _worst(self, lost, changed):
        """(lost, before) of the file, else of one class, else of one student, where the loss is
        large.
        """
        if sum(lost.values()) <= ALLOWED_LOSS_ROWS:
            return 0, 0
        before = Counter(dict(record_writer.count_stated_by_student())) + changed + lost
        class_of = dict(Student.objects.filter(pk__in=before).values_list("pk", "home_class"))
        for group_of in (lambda _: "", class_of.get, lambda student: student):
            gone, existing = _grouped(lost, group_of), _grouped(before, group_of)
            much = [
                (n, existing[group])
                for group, n in gone.items()
                if _exceeds_allowed_loss(n, existing[group])
            ]
            if much:
                return max(much)
        return 0, 0

    def _earlier(self):
        """([ids of files wholly within these days], [ids of files partly within])."""
        files = SourceFile.objects.filter(
            source=self.source, kind=self.mark.kind,
            first_on__lte=self.last_on, last_on__gte=self.first_on,
        ).exclude(pk=self.row.pk)  # fmt: skip
        within = Q(first_on__gte=self.first_on, last_on__lte=self.last_on)
        inside = list(files.filter(within).values_list("pk", flat=True))
        return inside, list(files.exclude(within).values_list("pk", flat=True))

    def _of_our_days(self, ids):
        """The rows that are of a day of this file; the day is only in their sealed key."""
        rows = list(LinkedRecord.objects.filter(pk__in=ids).readable())
        keys = {}
        for purpose in {row.purpose for row in rows}:
            keys |= {
                key.id: key
                for key in unlocked_keys({row.student_id for row in rows}, purpose).values()
            }
        return [
            row
            for row in rows
            if row.key_id in keys
            and self.first_on <= fact_day(keys[row.key_id].open(row)) <= self.last_on
        ]


def _span(days, is_by_day):
    """(first, last) of the days (Counter of rows) that a file covers; Nones where there are none.

    A single day far from the others may have a mistyped month: it does not widen the span.
    """
    groups = []
    for day in sorted(days):
        if is_by_day and groups and day - groups[-1][-1] <= MAX_DAY_GAP:
            groups[-1].append(day)
        elif is_by_day or not groups:
            groups.append([day])
        else:
            groups[-1].append(day)
    if any(len(group) > 1 for group in groups):
        groups = [group for group in groups if len(group) > 1 or days[group[0]] > MAX_OUTLIER_ROWS]
    return (groups[0][0], groups[-1][-1]) if groups else (None, None)


def _exceeds_allowed_loss(n_lost, n_before):
    return n_lost > max(ALLOWED_LOSS_ROWS, ALLOWED_LOSS_SHARE * n_before)


def _grouped(counts, group_of):
    """Counter by group of what is counted by student."""
    groups = Counter()
    for student, n in counts.items():
        groups[group_of(student)] += n
    return groups


def _in_classes(students):
    """How many of these students are in each class, in words, largest first."""
    titles = Student.objects.filter(pk__in=students).values_list("home_class__title", flat=True)
    counts = Counter(title or NO_CLASS for title in titles)
    listed = [f"{title[:20]} {n}人" for title, n in counts.most_common(MAX_CLASSES_LISTED)]
    rest = len(counts) - len(listed)
    return "、".join(listed) + (f"、ほか {rest}学級" if rest > 0 else "")


def fact_day(value):
    """The day for which a kept fact of a file counts, as its row in the file had it."""
    if "date" in value:
        return date.fromisoformat(value["date"])
    if "month" in value:
        return date.fromisoformat(f"{value['month']}-01")
    return term_start(value["year"], value["term"])
