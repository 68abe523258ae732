"""Writes the records of a source, a file or a page at a time: all of it or nothing."""

import gc
from contextlib import contextmanager
from dataclasses import replace

from django.db import OperationalError, transaction
from orjson import OPT_SORT_KEYS, dumps

from apps.core import clock
from apps.linkage.connectors.contract import Issue, SourceError, SourcePosition, TransientError
from apps.linkage.fact_kinds import STATEMENT, STUDY_WEEK
from apps.linkage.models import LinkedRecord, SourceFile, SourceKind
from apps.linkage.services import record_writer
from apps.linkage.services.batches import Batch, FileRefused
from apps.linkage.services.faults import UnexpectedFault, fault_of
from apps.linkage.services.file_periods import FilePeriod
from apps.linkage.services.imported_files import ImportedFiles
from apps.linkage.services.record_filters import drop_former_holders, drop_invalid_dates
from apps.linkage.services.student_codes import LEADING_ZEROS_MISSING
from apps.linkage.services.student_sealers import RetentionDates, StudentSealers
from apps.linkage.services.weekly_sums import WeeklySums
from apps.vault.services.key_pauses import existing_keys
from apps.vault.services.keys import share_lock_keys
from apps.vault.services.sealed_content import open_under_key
from apps.vault.shares import StoreUnavailable

SMALL_FILE_ROWS = 10  # a file this short may have only unknown students
VALUE_NOT_STORABLE = "残せない 値が あります(大きすぎる 数か、切れた 文字)。"
LEADING_ZEROS_LOST = (
    "管理コードの 先頭の 0 が 消えて いませんか(Excelで 開いて 保存すると 消えます)。"
)
OTHER_SCHOOL = "ほかの 学校の ファイルと みました。"
PURPOSE_PAUSED = "いま 止めて いる 利用目的が あります。何も 変えずに、あとで もう一度 読みます。"


WITH_DAMAGED_KEY = "行は、鍵が こわれて いる 生徒の ものです。"
ROWS_WITH_DAMAGED_KEY = (
    f"{{}}{WITH_DAMAGED_KEY}前の 記録は 消さずに、鍵が なおったら もう一度 "
    "読みます。個人情報保護の 担当に 知らせました。"
)


class Importer:
    """Writes what one run reads. In a trial (``is_trial``) the caller rolls back every batch.

    ``accepts_loss``: a person agreed to delete what a file no longer states, True for any file, or
    the SHA-256 of the one file it is about; ``keeps_others``: rows of students whom the file does
    not name are kept. Of a file that was imported before only the rows of the ``new_students`` (ids)
    are read; None: all of them.
    """

    def __init__(
        self, source, run=None, *, is_trial=False, accepts_loss=False, keeps_others=False,
        new_students=None,
    ):  # fmt: skip
        self.source, self.run, self.is_trial = source, run, is_trial
        self.accepts_loss, self.keeps_others = accepts_loss, keeps_others or source.keeps_others
        self._sealers, self._retention_dates = StudentSealers(source), RetentionDates(source)
        self._voided_keys = set()  # not imported again when a page is repeated
        self._imported = ImportedFiles(source, new_students)
        self._has_rows = bool(source.cursor) or SourceFile.objects.filter(source=source).exists()

    def write(self, pages) -> Batch:
        """Write the pages of one file, or one page: all of it or none. The Batch.

        Call it in the transaction that also saves the result: a withdrawal waits for its commit. A
        refused file gives a Batch with nothing but its issues. Raises LossNeedsDecision and
        whatever reading the pages raises; then the caller's transaction must be rolled back.
        """
        batch = Batch()
        try:
            with transaction.atomic(), _gc_paused():
                with record_writer.RecordWriter(self.source, batch.at) as rows:
                    self._read(batch, rows, pages)
                self._finish_batch(batch)
        except FileRefused as refusal:
            return _refused_batch(batch, refusal)
        except (SourceError, OperationalError, StoreUnavailable):
            raise
        except Exception as error:
            raise UnexpectedFault(fault_of(error), batch.place) from error
        self._has_rows = self._has_rows or bool(batch.n_kept and not self.is_trial)
        return batch

    # -- page by page, sealed and copied --------------------------------------------------------

    def _read(self, batch, rows, pages):
        weeks = WeeklySums(self._sealers.weekly_sealer)
        for page in pages:
            self._begin(batch, rows, page)
            page = self._of_whom_it_is_read_for(batch, page)
            batch.cursor = page.cursor if page.cursor is not None else batch.cursor
            batch.note(*page.issues)
            batch.n_records += len(page.records)
            batch.n_read += len(page.records) + len(page.issues)
            for kind in {record.kind for record in page.records}:
                new = self._write(
                    batch, rows, kind, self._with_consent(batch, kind, page.records), weeks
                )
                if kind == STATEMENT:
                    for sealer, record in new:
                        weeks.count(sealer, record.data)
            self._protect_refused(batch, rows, page)
            self._delete_voided(batch, page.erased, weeks)
        self._write(batch, rows, STUDY_WEEK, list(weeks.records()))

    def _protect_refused(self, batch, rows, page):
        """Keep earlier rows of a refused row's student: of its day, else of all days."""
        about = [issue for issue in page.issues if issue.subject]
        if batch.file is None or not about:
            return
        kind = batch.file.kind
        sealers, stay = self._sealers.of(kind, {issue.subject for issue in about}), []
        for issue in about:
            sealer = sealers[issue.subject]
            if sealer and issue.key:
                stay.append(sealer.row_sealer.name(issue.key))
            elif sealer:
                batch.protected.add(sealer.key.student_id)
        rows.state(stay)

    def _begin(self, batch, rows, page):
        if page.file is not None and batch.file is None:
            batch.imported = self._imported.row_of(page.file)
            batch.file = page.file
            batch.row = batch.imported or self._file_row(page.file)
            record_writer.create_stated_table()
        elif batch.file is not None and page.file is None:
            raise FileRefused(page.issues, page.cursor)
        rows.set_file(batch.row)

    def _of_whom_it_is_read_for(self, batch, page):
        """A page; of a file imported before only what is about the new students."""
        if batch.imported is None:
            return page
        about = [issue for issue in page.issues if issue.subject]
        codes = {row.subject for row in (*page.records, *about)}
        own = self._sealers.codes_of(codes, self._imported.new_students)
        return replace(
            page,
            records=[record for record in page.records if record.subject in own],
            issues=[issue for issue in about if issue.subject in own],
        )

    def _with_consent(self, batch, kind, records):
        """(StudentSealer, Record) of a kind whose student agreed; counts the others.

        All its queries are made before the first record.
        """
        records = drop_invalid_dates(batch, kind, [one for one in records if one.kind == kind])
        records = drop_former_holders(batch, kind, records, self._sealers)
        codes = {record.subject for record in records}
        sealers = self._sealers.of(kind, codes)
        if batch.file is not None:
            self._note_named(batch, sealers, codes - batch.codes)
        taken_back = self._voided_keys if kind == STATEMENT else ()
        for record in records:
            batch.place = record.place
            sealer = sealers[record.subject]
            if sealer:
                if record.key not in taken_back:
                    yield sealer, record
            elif sealer is None:
                self._count_unknown_student(batch, record)
            elif record.subject in self._sealers.paused(kind):
                self._wait(batch)
            elif record.subject in self._sealers.damaged(kind):
                batch.n_damaged += 1
            else:
                batch.n_not_consented += 1

    def _note_named(self, batch, sealers, codes):
        """Note the students a file covers: those with a valid row."""
        batch.codes |= codes
        batch.named |= {sealer.key.student_id for code in codes if (sealer := sealers[code])}

    def _wait(self, batch):
        """Count a row under a paused key. Raises TransientError for an upload, which waits unchanged."""
        if self.run is not None and self.run.upload and not self.is_trial:
            raise TransientError(PURPOSE_PAUSED)
        batch.n_waiting += 1

    def _count_unknown_student(self, batch, record):
        batch.n_unknown_students += 1
        if self.source.kind == SourceKind.XAPI_LRS:  # may have statements of other schools
            batch.n_not_consented += 1
            return
        reason = self._sealers.why_unknown(record.subject)
        batch.n_missing_zeros += reason == LEADING_ZEROS_MISSING
        batch.note(Issue(reason, record.place, "管理コード"))

    def _write(self, batch, rows, kind, held, weeks=None):
        """Seal and write new and changed records; the (sealer, record) of the new.

        The loop over a million rows, so it is one function.
        """
        named, existing = self._named(batch, kind, held), {}
        if self._has_rows or batch.file is None:  # a file has every key once
            named = list(named)
            existing = rows.known([row_id for row_id, *_ in named])
        new, changed, same, sealers = [], {}, [], batch.sealers
        for row_id, sealer, record, keep_until in named:
            batch.place = record.place
            try:
                row_sealer, plain = sealer.row_sealer, dumps(record.data, option=OPT_SORT_KEYS)
            except TypeError:  # an int of more than 64 bits, half a surrogate pair
                batch.note(Issue(VALUE_NOT_STORABLE, record.place))
                continue
            version = row_sealer.version(row_id, plain, keep_until.fields)
            known = existing.get(row_id)
            if known == version:
                same.append(row_id)
                continue
            sealers.add(sealer)
            sealed = row_sealer.seal(row_id, version, plain)
            if known is None:
                rows.add(row_id, version, sealed, sealer.whose, keep_until.fields)
                new.append((sealer, record))
            else:
                changed[row_id] = sealer, record, (row_id, version, sealed, keep_until.until)
        rows.pause()
        if changed and kind == STATEMENT:
            weeks.recount(changed)
        rows.update([row for _, _, row in changed.values()])
        if batch.file is not None:
            rows.state(same)
        if kind != STUDY_WEEK:
            batch.n_kept += len(new) + len(changed)
            batch.changed.update(sealer.key.student_id for sealer, *_ in changed.values())
            batch.n_unchanged += len(same)
        return new

    def _named(self, batch, kind, held):
        """(row id, sealer, record, RetentionDate), of two with one key the first.

        Counts records whose time is over already.
        """
        retention_dates, seen = self._retention_dates.of(kind), set()
        for sealer, record in held:
            keep_until = retention_dates[record.occurred_on]
            if keep_until is None:
                batch.n_too_old += kind != STUDY_WEEK
                continue
            row_id = sealer.row_sealer.name(record.key)
            if row_id not in seen:
                seen.add(row_id)
                yield row_id, sealer, record, keep_until

    # -- deletions ------------------------------------------------------------------------------

    def _delete_voided(self, batch, erased, weeks):
        """Delete statements that the source voided, of whichever student."""
        if not erased:
            return
        self._voided_keys.update(erased)
        for sealers in self._sealers.statement_sealers():
            names = {sealer.row_sealer.name(text): sealer for sealer in sealers for text in erased}
            existing = list(LinkedRecord.objects.filter(pk__in=[name.hex() for name in names]))
            for row in existing:
                sealer = names[row.pk.bytes]
                if value := open_under_key(sealer.key, row):
                    weeks.count(sealer, value, sign=-1)
            LinkedRecord.objects.filter(pk__in=[row.pk for row in existing]).delete()
            batch.n_erased += len(existing)

    # -- the end --------------------------------------------------------------------------------

    def _finish_batch(self, batch):
        """Delete what the file no longer states, and lock the keys."""
        if batch.n_damaged:
            place = SourcePosition(batch.file.name) if batch.file is not None else SourcePosition()
            batch.note(Issue(ROWS_WITH_DAMAGED_KEY.format(batch.n_damaged), place))
        if batch.file is not None:
            self._refuse_unknown_students(batch)
            window = FilePeriod(self.source, batch.file, batch.row, batch.days)
            batch.n_erased += window.replace(
                batch.named,
                batch.changed,
                accepts_loss=self.accepts_loss in (True, batch.file.sha256),
                keeps_others=self.keeps_others or batch.imported is not None,
                protected=batch.protected,
            )
            window.close(batch.n_kept)
        self._drop_withdrawn(batch)

    def _refuse_unknown_students(self, batch):
        if (
            batch.n_unknown_students > SMALL_FILE_ROWS
            and batch.n_unknown_students * 2 > batch.n_records
        ):
            ate_zeros = batch.n_missing_zeros * 2 > batch.n_unknown_students
            reason = (
                f"{batch.n_records:,}行のうち {batch.n_unknown_students:,}行が 名簿に ありません。"
                f"{LEADING_ZEROS_LOST if ate_zeros else OTHER_SCHOOL}1行も 取り込んで いません。"
            )
            raise FileRefused([Issue(reason, SourcePosition(batch.file.name))])

    def _drop_withdrawn(self, batch):
        """Lock the keys last: a withdrawal waits for the commit, or came first and nothing is kept.

        Raises TransientError where a key was paused meanwhile: all of it is read again later.
        """
        keys = {sealer.key.id: sealer.key.student_id for sealer in batch.sealers}
        gone = keys.keys() - share_lock_keys(keys.keys()) if keys else ()
        if gone:
            if existing_keys(gone):
                raise TransientError(PURPOSE_PAUSED)
            own = LinkedRecord.objects.filter(source=self.source, received_at=batch.at)
            # Earlier rows of this source are left to the sweep, which counts them for the certificate.
            to_delete = own.filter(key_id__in=gone, student__in=[keys[key] for key in gone])
            n_gone = to_delete.exclude(kind=STUDY_WEEK).count()
            to_delete.delete()
            batch.n_kept -= n_gone
            batch.n_not_consented += n_gone
            self._sealers.forget()

    def _file_row(self, file):
        return SourceFile.objects.create(
            source=self.source,
            run=self.run,
            kind=file.kind,
            name=file.name[:200],
            sha256=file.sha256,
            taken_at=clock.now(),
        )


def _refused_batch(batch, refusal):
    """The result of a file of which no row was imported."""
    cursor = refusal.cursor or batch.cursor
    refused = Batch(batch.file, cursor=cursor, n_read=batch.n_read)
    refused.note(*refusal.issues)
    refused.n_issues = max(refused.n_issues, refused.n_read)
    return refused


@contextmanager
def _gc_paused():
    """Pause the garbage collector: a million records have no reference cycles, but it would search
    the whole process every few pages, a third of the time in all.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
