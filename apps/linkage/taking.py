"""Taking in what a source gives, a file or a page at a time: each one transaction, or nothing."""

from dataclasses import dataclass, field
from datetime import date, datetime

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.consent.models import PurposePolicy
from apps.core.clock import today
from apps.linkage import staging
from apps.linkage.connectors.contract import Issue, Place, SourceError
from apps.linkage.keeping import kept_until
from apps.linkage.kinds import KINDS, NAMED_BY, STATEMENT, STUDY_WEEK
from apps.linkage.models import DataSource, LinkedRecord, SourceFile, SourceKind
from apps.linkage.studying import Weeks
from apps.linkage.windows import Window
from apps.people.models import Student
from apps.vault.services import hold_keys, known_keys

MOST_KEYS = 20_000  # in memory at once; more are read again
FEW_ROWS = 10  # a file this short may well name nobody we know


class FileRefused(SourceError):
    """Nothing of a file may be kept: it is not the school's, or became unreadable on the way."""

    def __init__(self, issues, cursor=None):
        super().__init__(issues[0].reason)
        self.issues, self.cursor = issues, cursor


@dataclass
class Lot:
    """What came in one transaction: counts, problems, and how far the source was read by it."""

    file: object = None  # FileMark
    at: datetime = field(default_factory=timezone.now)
    row: SourceFile | None = None
    cursor: dict | None = None
    issues: list = field(default_factory=list)
    latest: dict = field(default_factory=dict)  # {kind: newest day}
    first_on: date | None = None
    keys: dict = field(default_factory=dict)  # {key id: student id} that rows were sealed under
    n_lines: int = 0
    n_records: int = 0
    n_read: int = 0
    n_kept: int = 0
    n_unchanged: int = 0
    n_not_consented: int = 0
    n_erased: int = 0
    n_strangers: int = 0
    n_weeks: int = 0  # sums of ours among the rows that were staged

    def dated(self, record):
        """Note the day a record speaks of."""
        day = record.occurred_on
        self.first_on = min(day, self.first_on or day)
        self.latest[record.kind] = max(day, self.latest.get(record.kind, day))


class Taking:
    """What one run takes in. ``is_trial`` undoes every transaction but for what it found out."""

    def __init__(self, source, *, is_trial=False, accepts_loss=False):
        self.source, self.is_trial, self.accepts_loss = source, is_trial, accepts_loss
        self._students, self._keys, self._untils = {}, {}, {}
        self._has_rows = LinkedRecord.objects.filter(source=source).exists()
        self._prefix = f"{source.pk}|"

    def take(self, pages, note):
        """Take the pages of one file, or one page: all of it or none. The Lot.

        ``note`` is called with the Lot inside the transaction. Raises windows.TooMuchLost and
        whatever reading the pages raises; then nothing of them was kept.
        """
        lot = Lot()
        try:
            with transaction.atomic():
                staging.begin()
                for page in pages:
                    self._stage(lot, page)
                self._settle(lot)
                if self.is_trial:
                    transaction.set_rollback(True)
                else:
                    note(lot)
        except FileRefused as refusal:
            cursor = refusal.cursor or lot.cursor
            lot = Lot(lot.file, cursor=cursor, issues=refusal.issues, n_read=lot.n_read)
            if not self.is_trial:
                with transaction.atomic():
                    self._move(lot)
                    note(lot)
        else:
            self._has_rows = self._has_rows or bool(lot.n_kept and not self.is_trial)
        return lot

    # -- one page, sealed and copied ------------------------------------------------------------

    def _stage(self, lot, page):
        if page.file is not None and lot.file is None:
            lot.file = page.file
            lot.row = self._file_row(page.file)
        elif lot.file is not None and page.file is None:
            raise FileRefused(page.issues, page.cursor)
        lot.cursor = page.cursor if page.cursor is not None else lot.cursor
        lot.issues += page.issues
        lot.n_records += len(page.records)
        lot.n_read += len(page.records) + len(page.issues)
        weeks = Weeks(self._name)
        new = self._stage_records(lot, self._held(lot, page.records))
        for key, record in new:
            if record.kind == STATEMENT:
                weeks.count(key, record.data)
        self._erase(lot, page.erased, weeks)
        self._stage_records(lot, list(weeks.records()))

    def _held(self, lot, records):
        """[(DataKey, record)] of those whose student agreed; counts the others."""
        students = self._students_of({record.subject for record in records})
        keys = self._keys_of(records, students)
        held = []
        for record in records:
            lot.dated(record)
            student = students.get(record.subject)
            if student is None:
                self._note_stranger(lot, record)
                continue
            key = keys.get((student, KINDS[record.kind].purpose))
            if key is None:
                lot.n_not_consented += 1
            else:
                held.append((key, record))
        return held

    def _note_stranger(self, lot, record):
        lot.n_strangers += 1
        if self.source.kind == SourceKind.XAPI_LRS:  # may well speak of other schools
            lot.n_not_consented += 1
        elif len(lot.issues) < 500:
            lot.issues.append(Issue("名簿に ない 管理コードです。", record.place, "管理コード"))

    def _stage_records(self, lot, held):
        """Seal and copy what is new or has changed; the (key, record) of what is new."""
        named = [(key, record, self._until(record)) for key, record in held]
        named = [
            (self._name(key, r.kind, r.key), key, r, until) for key, r, until in named if until
        ]
        there = self._there([name for name, *_ in named])
        lines, stated, new = [], [], []
        for name, key, record, until in named:
            lot.n_lines += 1
            stated.append((name, record.place.line or lot.n_lines))
            plain = orjson.dumps(record.data, option=orjson.OPT_SORT_KEYS)
            version = key.digest_bytes(plain + until)[:16]
            known = there.get(name)
            if known == version:
                lot.n_unchanged += record.kind != STUDY_WEEK
                continue
            if known is None:
                new.append((key, record))
            lot.keys[key.id] = key.student_id
            lot.n_weeks += record.kind == STUDY_WEEK
            sealed = key.sealed_plain(LinkedRecord, name, plain)
            whose, kind = staging.whose(key), record.kind
            lines.append(
                staging.line(lot.n_lines, name, whose, kind, until.decode(), version, sealed)
            )
        staging.stage(lines)
        if lot.file is not None:
            staging.state(stated)
        return new

    def _name(self, key, kind, name):
        """The id (16 bytes) of the row that keeps a fact of this source."""
        return key.row_id(f"{self._prefix}{kind}|{name}")

    def _there(self, names):
        """{id: version} of the rows that are there already."""
        if not self._has_rows or not names:
            return {}
        rows = LinkedRecord.objects.filter(pk__in=[name.hex() for name in names])
        return {pk.bytes: bytes(v) for pk, v in rows.values_list("pk", "version_digest")}

    def _until(self, record):
        """Until when a fact is kept, as ISO bytes; None where its time is over already."""
        memo = record.kind, record.occurred_on
        if memo not in self._untils:
            until = kept_until(record.occurred_on, self._days(record.kind))
            self._untils[memo] = until.isoformat().encode() if until >= today() else None
        return self._untils[memo]

    def _days(self, kind):
        if kind not in self._untils:
            policies = PurposePolicy.objects.filter(
                municipality=self.source.municipality_id, purpose=KINDS[kind].purpose
            )
            promised = policies.values_list("kept_days", flat=True).first() or 0  # no policy: none
            self._untils[kind] = min(KINDS[kind].days or promised, promised)
        return self._untils[kind]

    # -- who ------------------------------------------------------------------------------------

    def _students_of(self, codes):
        """{the student's code in the source: student id}; of two with one code the one enrolled."""
        missing = codes - self._students.keys()
        if missing:
            name = NAMED_BY[self.source.kind]
            where = {"school": self.source.school_id} if self.source.school_id else {}
            found = Student.objects.filter(
                municipality=self.source.municipality_id, **where, **{f"{name}__in": missing}
            ).order_by(F("left_at").asc(nulls_last=True))
            self._students |= dict.fromkeys(missing)
            self._students |= {str(code): pk for code, pk in found.values_list(name, "pk")}
        return {code: self._students[code] for code in codes if self._students[code]}

    def _keys_of(self, records, students):
        """{(student id, purpose): DataKey or None}, kept from page to page."""
        if len(self._keys) > MOST_KEYS:
            self._keys.clear()
        wanted = {(students.get(r.subject), KINDS[r.kind].purpose) for r in records}
        missing = {pair for pair in wanted if pair[0] is not None} - self._keys.keys()
        for purpose in {purpose for _, purpose in missing}:
            whose = [student for student, other in missing if other == purpose]
            found = known_keys(whose, purpose)
            self._keys |= {(student, purpose): found.get(student) for student in whose}
        return self._keys

    # -- what goes ------------------------------------------------------------------------------

    def _erase(self, lot, erased, weeks):
        """Delete what the source took back, under whichever student it was kept."""
        if not erased:
            return
        where = {"school": self.source.school_id} if self.source.school_id else {}
        students = Student.objects.filter(municipality=self.source.municipality_id, **where)
        keys = known_keys(students.values("pk"), KINDS[STATEMENT].purpose)
        names = {self._name(key, STATEMENT, name): key for key in keys.values() for name in erased}
        rows = list(LinkedRecord.objects.filter(pk__in=[name.hex() for name in names]))
        for row in rows:
            key = names[row.pk.bytes]
            weeks.count(key, key.open(row), sign=-1)
        LinkedRecord.objects.filter(pk__in=[row.pk for row in rows]).delete()
        lot.n_erased += len(rows)

    # -- the end --------------------------------------------------------------------------------

    def _settle(self, lot):
        """Merge what was staged, let go of what the file no longer states, and ask for the keys."""
        if lot.file is not None:
            self._refuse_strangers(lot)
            self._name_doubles(lot)
            window = Window(self.source, lot.file, lot.row, lot.first_on, lot.latest)
            lot.n_erased += window.replace(accepts_loss=self.accepts_loss)
        lot.n_kept = staging.merge(self.source, lot.row, lot.at) - lot.n_weeks
        if lot.row is not None:
            window.close(lot.n_kept)
        self._drop_withdrawn(lot)
        self._move(lot)

    def _refuse_strangers(self, lot):
        if lot.n_strangers > FEW_ROWS and lot.n_strangers * 2 > lot.n_records:
            reason = (
                f"{lot.n_records}行のうち {lot.n_strangers}行が 名簿に ありません。"
                "ほかの 学校の ファイルと みて、取り込みませんでした。"
            )
            raise FileRefused([Issue(reason, Place(lot.file.name))])

    def _name_doubles(self, lot):
        for line, first in staging.stated_twice():
            reason = f"{first}行めと 同じ 日の 同じ 生徒の 行です。はじめの 行を 取り込みました。"
            lot.issues.append(Issue(reason, Place(lot.file.name, line)))

    def _drop_withdrawn(self, lot):
        """Take the keys last: a withdrawal waits for the commit, or came first and nothing stays."""
        gone = lot.keys.keys() - hold_keys(lot.keys.keys()) if lot.keys else ()
        if gone:
            mine = LinkedRecord.objects.filter(source=self.source, received_at=lot.at)
            # What this source gave before is the sweep's, which counts it for the certificate.
            n_gone = mine.filter(key_id__in=gone, student__in=[lot.keys[k] for k in gone]).delete()[
                0
            ]
            lot.n_kept -= n_gone
            lot.n_not_consented += n_gone
            self._keys.clear()

    def _move(self, lot):
        if lot.cursor is not None and not self.is_trial:
            DataSource.objects.filter(pk=self.source.pk).update(cursor=lot.cursor)
            self.source.cursor = lot.cursor

    def _file_row(self, file):
        return SourceFile.objects.create(
            source=self.source,
            kind=file.kind,
            name=file.name[:200],
            sha256=file.sha256,
            taken_at=timezone.now(),
        )
