"""One run over one source, from its first page to the state in which it ends."""

import logging
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import OperationalError, transaction

from apps.core import clock
from apps.core.clock import today
from apps.linkage.connectors.contract import (
    AuthError,
    FileIdentity,
    SourceError,
    SourcePosition,
    TransientError,
)
from apps.linkage.fact_kinds import ROSTER
from apps.linkage.models import (
    DataSource,
    Freshness,
    LossScope,
    RunFault,
    RunState,
    SourceKind,
)
from apps.linkage.services import faults, record_writer, sync_issues
from apps.linkage.services.agreed_students import ReadFor, agreement_of, save_read_for
from apps.linkage.services.file_periods import LossNeedsDecision
from apps.linkage.services.importer import WITH_DAMAGED_KEY, Importer
from apps.linkage.services.roster_sync import sync_roster
from apps.linkage.services.run_progress import RunProgress
from apps.linkage.services.running_runs import RunEnded, hold_run
from apps.linkage.services.source_connectors import connector_for
from apps.vault.shares import StoreUnavailable

RUN_TIME_LIMIT_S = 50  # the next run continues; a task may run 90
RUN_COUNTS = (
    "n_read", "n_kept", "n_unchanged", "n_not_consented", "n_waiting", "n_too_old", "n_erased",
)  # fmt: skip
PAUSED_RETRY_AFTER = timedelta(
    hours=1
)  # while a purpose is paused; read at once when it is in use again
KEY_STORE_UNAVAILABLE = (
    "鍵の 置き場所に つながらないので、何も 書かずに、あとで もう一度 読みます。"
)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunResult:
    """How a run ended: its state, a sentence, and after how long to read again where known.

    ``fault`` is the RunFault of an unexpected end and ``file`` the file being read then;
    ``loss_sha256`` identifies the file whose loss of rows a person has to decide on, ``n_lost`` how
    many (students, records) would be deleted.
    """

    state: str
    message: str = ""
    after: timedelta | None = None
    fault: str = RunFault.NONE
    loss_sha256: str = ""
    n_lost: tuple[int, int] = (0, 0)
    loss_of: str = LossScope.NONE
    file: FileIdentity | None = None


def read_source(source, run):
    """Read a source to its end, filling the run's counts and issues; the RunResult.

    Never raises for what a source does: the RunResult says it. Raises RunEnded.
    """
    connector = None
    try:
        connector = connector_for(source, run)
        if source.kind == SourceKind.ONEROSTER:
            return _feed(source, run, connector)
        read_for = ReadFor(source, agreement_of(source))
        pages = _pages(source, run, connector, read_for.agreement)
        whole = import_pages(source, run, pages, read_for)
        return _ending(run, whole, getattr(connector, "n_set_aside", 0), read_for)
    except RunEnded:
        raise
    except LossNeedsDecision as loss:
        n_lost = (loss.n_students, loss.n_records)
        return RunResult(
            RunState.HELD, str(loss), loss_sha256=loss.sha256, n_lost=n_lost, loss_of=loss.loss_of
        )
    except AuthError as error:
        return RunResult(RunState.STOPPED, str(error))
    except TransientError as error:
        after = error.retry_after and timedelta(seconds=error.retry_after)
        return RunResult(RunState.RETRY, str(error), after)
    except SourceError as error:
        return RunResult(RunState.FAILED, str(error))
    except StoreUnavailable:
        return RunResult(RunState.RETRY, KEY_STORE_UNAVAILABLE)
    except OperationalError:
        return RunResult(
            RunState.RETRY, "データベースが いそがしいので、あとで もう一度 読みます。"
        )
    except Exception as error:
        log.error("sync %s: %s", source.pk, faults.error_location(error))
        fault = faults.fault_of(error)
        place = getattr(error, "place", SourcePosition())
        words, file = faults.fault_words(fault, place), getattr(connector, "reading", None)
        return RunResult(RunState.FAILED, words, fault=fault, file=file)


def _feed(source, run, reader):
    """Sync a roster: the roster app imports it as a whole."""
    now = clock.now()
    state, words = sync_roster(source, run, reader, now=now)
    if state == RunState.DONE and not run.is_trial:
        _read_until(source, ROSTER, today())
    return RunResult(state, words)


def _pages(source, run, connector, agreement):
    """The pages of a source; an uploaded file does not change how far the source was read."""
    if run.upload:
        pages = connector.pull({}, agreement.token)
        return (replace(page, cursor=None) for page in pages)
    if run.is_trial:
        return connector.pull({}, agreement.token)
    _forget_who_left(source, run, agreement)
    before = {} if run.reads_again else source.cursor
    return connector.pull(
        before if not agreement.has_new else {**before, "agreed": ""}, agreement.token
    )


def _forget_who_left(source, run, agreement):
    """Before anything is read: whoever agrees no more is new when they agree again.

    Where nobody is new, nothing that was read is read again.
    """
    is_read = not agreement.has_new and "agreed" in source.cursor
    with transaction.atomic():
        hold_run(run)
        if agreement.has_lost:
            save_read_for(source, agreement.before & agreement.digests)
        if is_read and source.cursor["agreed"] != agreement.token:
            _save_cursor(source, {**source.cursor, "agreed": agreement.token})


# -- pages --------------------------------------------------------------------------------------


def import_pages(source, run, pages, read_for) -> bool:
    """Import file after file, page after page, while there is time; whether the end was reached."""
    deadline = time.monotonic() + RUN_TIME_LIMIT_S
    importer = Importer(
        source,
        run,
        is_trial=run.is_trial,
        accepts_loss=run.accepts_loss and run.loss_sha256,
        keeps_others=run.keeps_others,
        new_students=read_for.agreement.new_students,
    )
    for group in _groups(_watched(run, pages)):
        _import_group(source, run, importer, group, read_for)
        if time.monotonic() > deadline:
            return False
    if read_for.is_for_some:  # whatever set agrees then, it is compared with who was read
        with transaction.atomic():
            hold_run(run)
            _save_cursor(source, {**source.cursor, "agreed": ""})
    return True


def _import_group(source, run, importer, pages, read_for):
    """Write one file or page and save its result, in one transaction; the Batch."""
    with transaction.atomic():
        hold_run(run)
        batch = importer.write(pages)
        read_for.n_read_whole += 0 if batch.imported else batch.n_read
        if run.is_trial:
            transaction.set_rollback(True)
        else:
            if batch.cursor is not None:
                _save_cursor(source, batch.cursor)
                read_for.save(is_for_some=bool(batch.n_damaged or batch.n_waiting))
            _note_freshness(source, batch)
            _add(run, batch)
    if run.is_trial:  # only its counts and problems are kept
        _add(run, batch)
    else:
        record_writer.analyse_after(batch.n_kept)
    return batch


def _save_cursor(source, cursor):
    DataSource.objects.filter(pk=source.pk).update(cursor=cursor)
    source.cursor = cursor


def _watched(run, pages):
    progress = RunProgress(run)
    for page in pages:
        progress.tell(page.share, _first_place(page))
        yield page


def _first_place(page):
    rows = page.records or page.issues
    return rows[0].place if rows else SourcePosition(page.file.name if page.file else "")


def _groups(pages):
    """Pages in groups that are imported together: a file, or a single page."""
    for first in pages:
        yield _rest_of_file(first, pages)


def _rest_of_file(first, pages):
    yield first
    if first.file is None or first.ends_file:
        return
    for page in pages:
        yield page
        if page.ends_file:
            return


def _add(run, imported):
    """Add a batch's counts and problems to the run."""
    for name in RUN_COUNTS:
        setattr(run, name, getattr(run, name) + getattr(imported, name))
    sync_issues.record_issues(run, imported.issues, imported.n_issues)
    run.save(update_fields=RUN_COUNTS)


def _note_freshness(source, imported):
    """Save how far each kind was read, in the importing transaction."""
    for kind, day in imported.latest.items():
        _read_until(source, kind, day)


def _read_until(source, kind, day):
    """Limit days to today: a later day is not shown, and not believed where it is stored."""
    existing = Freshness.objects.filter(source=source, kind=kind).first()
    known_until = (
        existing.until_on
        if existing and existing.until_on and existing.until_on <= today()
        else day
    )
    Freshness.objects.update_or_create(
        source=source,
        kind=kind,
        defaults={"until_on": min(max(day, known_until), today()), "read_at": clock.now()},
    )


# -- words --------------------------------------------------------------------------------------


NOTHING_NEW = "新しい ものは ありません。"
ROWS_LEFT = "前に 取り込めなかった 行が 残って います。"
FILES_SET_ASIDE = (
    "時間内に 読み終わらない ファイルを {}個 よけて あります。ほかの ファイルは 読みました。"
)
ROWS_PAUSED = "{}行は、いま 止めて いる 利用目的の ものです。消さずに、あとで もう一度 読みます。"


def _ending(run, whole, n_set_aside, read_for):
    if not whole:
        words = "時間が かかったので、つづきは 次の 回に 読みます。"
        return RunResult(RunState.RETRY, words, timedelta())
    if run.n_waiting and not run.is_trial:
        return RunResult(RunState.RETRY, ROWS_PAUSED.format(run.n_waiting), PAUSED_RETRY_AFTER)
    if n_set_aside and n_set_aside == run.n_issues:
        return RunResult(RunState.PARTLY, FILES_SET_ASIDE.format(n_set_aside) + _erased(run))
    if run.n_issues:
        return RunResult(
            RunState.PARTLY,
            _refused(run) + (FILES_SET_ASIDE.format(n_set_aside) * (n_set_aside > 0)),
        )
    if run.is_trial:
        return RunResult(RunState.DONE, "ためしに 読みました。何も 残して いません。")
    if read_for.n_read_whole:
        return RunResult(RunState.DONE, _erased(run))
    words = _erased(run) if run.n_read else NOTHING_NEW
    if _are_rows_left(run):
        return RunResult(RunState.PARTLY, words + ROWS_LEFT)
    return RunResult(RunState.DONE, words)


def _are_rows_left(run):
    """Whether the files, of which nothing new was read as a whole, have rows that were refused."""
    earlier = run.source.runs.filter(n_read__gt=0, is_trial=False).exclude(pk=run.pk).first()
    if earlier is None or earlier.state != RunState.PARTLY:
        return False
    refused = earlier.issues.exclude(reason__contains=WITH_DAMAGED_KEY)
    return not run.n_read or refused.exists()


def _erased(run):
    return f"前に 取り込んだ 記録を {run.n_erased:,}件 消しました。" if run.n_erased else ""


def _refused(run):
    """How much could not be imported, and what happened to the rest."""
    words = f"取り込めなかった 行が {run.n_issues:,}件 あります。"
    if run.n_read <= run.n_issues:
        return f"1行も 取り込んで いません。{words}"
    words += _erased(run)
    rest = "読めました" if run.is_trial else "取り込みました"
    return f"{words}ほかの {run.n_read - run.n_issues:,}行は {rest}。"
