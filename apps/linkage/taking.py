"""Taking in what a source gives, a file or a page at a time: each one transaction, or nothing."""

import gc
from contextlib import contextmanager

from django.db import OperationalError, transaction
from orjson import OPT_SORT_KEYS, dumps

from apps.core import clock
from apps.linkage import staging
from apps.linkage.connectors.contract import Issue, Place, SourceError, TransientError
from apps.linkage.faults import UnexpectedFault, fault_of
from apps.linkage.hands import Hands, Untils
from apps.linkage.kinds import STATEMENT, STUDY_WEEK
from apps.linkage.lots import FileRefused, Lot
from apps.linkage.matching import ZEROS_GONE
from apps.linkage.models import DataSource, LinkedRecord, SourceFile, SourceKind
from apps.linkage.row_days import in_time, of_who_has_it_now
from apps.linkage.studying import Weeks
from apps.linkage.windows import Window
from apps.vault.services import StoreAway, hold_keys, open_with, still_there

FEW_ROWS = 10  # a file this short may well name nobody we know
CANNOT_KEEP = "残せない 値が あります(大きすぎる 数か、切れた 文字)。"
ZEROS_EATEN = "管理コードの 先頭の 0 が 消えて いませんか(Excelで 開いて 保存すると 消えます)。"
OTHER_SCHOOL = "ほかの 学校の ファイルと みました。"
PAUSED = "いま 止めて いる 利用目的が あります。何も 変えずに、あとで もう一度 読みます。"


DAMAGED_ROWS = (
    "{}行は、鍵が こわれて いる 生徒の ものです。前の 記録は 消さずに、鍵が なおったら もう一度 "
    "読みます。個人情報保護の 担当に 知らせました。"
)


class Taking:
    """What one run takes in. ``is_trial`` undoes every transaction but for what it found out.

    ``accepts_loss`` is a person's word that what a file no longer states may go: True for any
    file, or the SHA-256 of the one file it was said of; ``keeps_others`` that what it has of
    students whom the file does not name stays.
    """

    def __init__(self, source, run=None, *, is_trial=False, accepts_loss=False, keeps_others=False):
        self.source, self.run, self.is_trial = source, run, is_trial
        self.accepts_loss, self.keeps_others = accepts_loss, keeps_others or source.keeps_others
        self._hands, self._untils = Hands(source), Untils(source)
        self._taken_back = set()  # a page that comes again must not bring these again
        self._has_rows = LinkedRecord.objects.filter(source=source).exists()

    def take(self, pages, note):
        """Take the pages of one file, or one page: all of it or none. The Lot.

        ``note`` is called with the Lot inside the transaction. Raises windows.TooMuchLost and
        whatever reading the pages raises; then nothing of them was kept.
        """
        lot = Lot()
        try:
            with transaction.atomic(), _collector_at_rest():
                with staging.Rows(self.source, lot.at) as rows:
                    self._read(lot, rows, pages)
                self._settle(lot)
                if self.is_trial:
                    transaction.set_rollback(True)
                else:
                    note(lot)
        except FileRefused as refusal:
            cursor = refusal.cursor or lot.cursor
            lot = Lot(lot.file, cursor=cursor, n_read=lot.n_read)
            lot.note(*refusal.issues)
            lot.n_issues = max(lot.n_issues, lot.n_read)  # none of its rows was taken in
            if not self.is_trial:
                with transaction.atomic():
                    self._move(lot)
                    note(lot)
        except (SourceError, OperationalError, StoreAway):
            raise
        except Exception as error:
            raise UnexpectedFault(fault_of(error), lot.place) from error
        else:
            self._has_rows = self._has_rows or bool(lot.n_kept and not self.is_trial)
            staging.analyse(0 if self.is_trial else lot.n_kept)
        return lot

    # -- page by page, sealed and copied --------------------------------------------------------

    def _read(self, lot, rows, pages):
        weeks = Weeks(self._hands.of_week)
        for page in pages:
            self._begin(lot, rows, page)
            lot.cursor = page.cursor if page.cursor is not None else lot.cursor
            lot.note(*page.issues)
            lot.n_records += len(page.records)
            lot.n_read += len(page.records) + len(page.issues)
            for kind in {record.kind for record in page.records}:
                new = self._write(lot, rows, kind, self._held(lot, kind, page.records), weeks)
                if kind == STATEMENT:
                    for hand, record in new:
                        weeks.count(hand, record.data)
            self._spare_refused(lot, rows, page)
            self._erase(lot, page.erased, weeks)
        self._write(lot, rows, STUDY_WEEK, list(weeks.records()))

    def _spare_refused(self, lot, rows, page):
        """What is kept of a refused row's student stays: of its day, else of all days."""
        about = [issue for issue in page.issues if issue.subject]
        if lot.file is None or not about:
            return
        kind = lot.file.kind
        hands, stay = self._hands.of(kind, {issue.subject for issue in about}), []
        for issue in about:
            hand = hands[issue.subject]
            if hand and issue.key:
                stay.append(hand.pen.name(issue.key))
            elif hand:
                lot.spared.add(hand.key.student_id)
        rows.state(stay)

    def _begin(self, lot, rows, page):
        if page.file is not None and lot.file is None:
            lot.file, lot.row = page.file, self._file_row(page.file)
            staging.begin_file()
        elif lot.file is not None and page.file is None:
            raise FileRefused(page.issues, page.cursor)
        rows.belong_to(lot.row)

    def _held(self, lot, kind, records):
        """(Hand, Record) of those of a kind whose student agreed; counts the others.

        What it has to ask the database it asks before the first.
        """
        records = in_time(lot, kind, [one for one in records if one.kind == kind])
        records = of_who_has_it_now(lot, kind, records, self._hands)
        codes = {record.subject for record in records}
        hands = self._hands.of(kind, codes)
        if lot.file is not None:
            self._note_named(lot, hands, codes - lot.codes)
        taken_back = self._taken_back if kind == STATEMENT else ()
        for record in records:
            lot.place = record.place
            hand = hands[record.subject]
            if hand:
                if record.key not in taken_back:
                    yield hand, record
            elif hand is None:
                self._note_stranger(lot, record)
            elif record.subject in self._hands.paused(kind):
                self._wait(lot)
            elif record.subject in self._hands.damaged(kind):
                lot.n_damaged += 1
            else:
                lot.n_not_consented += 1

    def _note_named(self, lot, hands, codes):
        """Whom a file speaks for: those of whom it has a good row."""
        lot.codes |= codes
        lot.named |= {hand.key.student_id for code in codes if (hand := hands[code])}

    def _wait(self, lot):
        """A row under a paused key. Raises TransientError for a file by hand: it waits as it is."""
        if self.run is not None and self.run.upload and not self.is_trial:
            raise TransientError(PAUSED)
        lot.n_waiting += 1

    def _note_stranger(self, lot, record):
        lot.n_strangers += 1
        if self.source.kind == SourceKind.XAPI_LRS:  # may well speak of other schools
            lot.n_not_consented += 1
            return
        reason = self._hands.why_unknown(record.subject)
        lot.n_without_zeros += reason == ZEROS_GONE
        lot.note(Issue(reason, record.place, "管理コード"))

    def _write(self, lot, rows, kind, held, weeks=None):
        """Seal what is new or has changed and send it on its way; the (hand, record) of the new.

        The loop that a million rows go through, so it is one piece.
        """
        named, there = self._named(lot, kind, held), {}
        if self._has_rows or lot.file is None:  # a file states nothing twice
            named = list(named)
            there = rows.known([row_id for row_id, *_ in named])
        new, changed, same, hands = [], {}, [], lot.hands
        for row_id, hand, record, kept in named:
            lot.place = record.place
            try:
                pen, plain = hand.pen, dumps(record.data, option=OPT_SORT_KEYS)
            except TypeError:  # an int of more than 64 bits, half a surrogate pair
                lot.note(Issue(CANNOT_KEEP, record.place))
                continue
            version = pen.version(row_id, plain, kept.fields)
            known = there.get(row_id)
            if known == version:
                same.append(row_id)
                continue
            hands.add(hand)
            sealed = pen.seal(row_id, version, plain)
            if known is None:
                rows.add(row_id, version, sealed, hand.whose, kept.fields)
                new.append((hand, record))
            else:
                changed[row_id] = hand, record, (row_id, version, sealed, kept.until)
        rows.pause()
        if changed and kind == STATEMENT:
            weeks.recount(changed)
        rows.update([row for _, _, row in changed.values()])
        if lot.file is not None:
            rows.state(same)
        if kind != STUDY_WEEK:
            lot.n_kept += len(new) + len(changed)
            lot.changed.update(hand.key.student_id for hand, *_ in changed.values())
            lot.n_unchanged += len(same)
        return new

    def _named(self, lot, kind, held):
        """(row id, hand, record, until when it is kept), of two with one name the first.

        Counts those whose time is over already.
        """
        untils, seen = self._untils.of(kind), set()
        for hand, record in held:
            kept = untils[record.occurred_on]
            if kept is None:
                lot.n_too_old += kind != STUDY_WEEK
                continue
            row_id = hand.pen.name(record.key)
            if row_id not in seen:
                seen.add(row_id)
                yield row_id, hand, record, kept

    # -- what goes ------------------------------------------------------------------------------

    def _erase(self, lot, erased, weeks):
        """Delete what the source took back, under whichever student it was kept."""
        if not erased:
            return
        self._taken_back.update(erased)
        for hands in self._hands.of_statements():
            names = {hand.pen.name(text): hand for hand in hands for text in erased}
            there = list(LinkedRecord.objects.filter(pk__in=[name.hex() for name in names]))
            for row in there:
                hand = names[row.pk.bytes]
                if value := open_with(hand.key, row):
                    weeks.count(hand, value, sign=-1)
            LinkedRecord.objects.filter(pk__in=[row.pk for row in there]).delete()
            lot.n_erased += len(there)

    # -- the end --------------------------------------------------------------------------------

    def _settle(self, lot):
        """Let go of what the file no longer states, and ask for the keys."""
        if lot.n_damaged:
            place = Place(lot.file.name) if lot.file is not None else Place()
            lot.note(Issue(DAMAGED_ROWS.format(lot.n_damaged), place))
        if lot.file is not None:
            self._refuse_strangers(lot)
            window = Window(self.source, lot.file, lot.row, lot.days)
            lot.n_erased += window.replace(
                lot.named,
                lot.changed,
                accepts_loss=self.accepts_loss in (True, lot.file.sha256),
                keeps_others=self.keeps_others,
                spared=lot.spared,
            )
            window.close(lot.n_kept)
        self._drop_withdrawn(lot)
        self._move(lot)

    def _refuse_strangers(self, lot):
        if lot.n_strangers > FEW_ROWS and lot.n_strangers * 2 > lot.n_records:
            ate_zeros = lot.n_without_zeros * 2 > lot.n_strangers
            reason = (
                f"{lot.n_records:,}行のうち {lot.n_strangers:,}行が 名簿に ありません。"
                f"{ZEROS_EATEN if ate_zeros else OTHER_SCHOOL}1行も 取り込んで いません。"
            )
            raise FileRefused([Issue(reason, Place(lot.file.name))])

    def _drop_withdrawn(self, lot):
        """Take the keys last: a withdrawal waits for the commit, or came first and nothing stays.

        Raises TransientError where a key was paused meanwhile: all of it comes again later.
        """
        keys = {hand.key.id: hand.key.student_id for hand in lot.hands}
        gone = keys.keys() - hold_keys(keys.keys()) if keys else ()
        if gone:
            if still_there(gone):
                raise TransientError(PAUSED)
            mine = LinkedRecord.objects.filter(source=self.source, received_at=lot.at)
            # What this source gave before is the sweep's, which counts it for the certificate.
            doomed = mine.filter(key_id__in=gone, student__in=[keys[key] for key in gone])
            n_gone = doomed.exclude(kind=STUDY_WEEK).count()
            doomed.delete()
            lot.n_kept -= n_gone
            lot.n_not_consented += n_gone
            self._hands.forget()

    def _move(self, lot):
        if lot.cursor is not None and not self.is_trial:
            DataSource.objects.filter(pk=self.source.pk).update(cursor=lot.cursor)
            self.source.cursor = lot.cursor

    def _file_row(self, file):
        return SourceFile.objects.create(
            source=self.source,
            run=self.run,
            kind=file.kind,
            name=file.name[:200],
            sha256=file.sha256,
            taken_at=clock.now(),
        )


@contextmanager
def _collector_at_rest():
    """Without the search for reference cycles: a million records come and go and hold none, but
    each few pages of them it looks through the whole process, a third of the time in all.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
