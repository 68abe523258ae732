"""One run over one source, from its first page to the state in which it ends."""

import hashlib
import logging
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import OperationalError, connection

from apps.core import clock
from apps.core.clock import today
from apps.linkage import faults, findings
from apps.linkage.connectors.contract import (
    AuthError,
    FileMark,
    Place,
    SourceError,
    TransientError,
)
from apps.linkage.kinds import NAMED_BY, ROSTER, purposes_of
from apps.linkage.models import Fault, Freshness, LossOf, RunState, SourceKind
from apps.linkage.progress import Progress
from apps.linkage.roster_feed import feed
from apps.linkage.source_connectors import connector_of
from apps.linkage.taking import Taking
from apps.linkage.windows import TooMuchLost
from apps.vault.models import SubjectKey, is_damaged
from apps.vault.services import StoreAway

PATIENCE_S = 50  # what is left goes on in the next run (source_connectors.RUN_S, a task: 90)
COUNTS = (
    "n_read", "n_kept", "n_unchanged", "n_not_consented", "n_waiting", "n_too_old", "n_erased",
)  # fmt: skip
WAITS = timedelta(hours=1)  # where a purpose is paused; read at once when it is in use again
STORE_AWAY = "鍵の 置き場所に つながらないので、何も 書かずに、あとで もう一度 読みます。"
log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another run over this source is under way; the message is a sentence."""


@dataclass(frozen=True)
class Ending:
    """How a run ended: its state, a sentence, and after how long to ask again where known.

    ``fault`` is the models.Fault of an end that nobody foresaw and ``file`` the one that was being
    read then; ``loss_sha256`` names the file
    whose loss a person has to decide on, ``n_lost`` how many (students, records) of it would go.
    """

    state: str
    message: str = ""
    after: timedelta | None = None
    fault: str = Fault.NONE
    loss_sha256: str = ""
    n_lost: tuple[int, int] = (0, 0)
    loss_of: str = LossOf.NONE
    file: FileMark | None = None


def run_over(source, run):
    """Read a source to its end, filling the run's counts and issues; the Ending.

    Never raises, whatever a source does: that is what the Ending says.
    """
    connector = None
    try:
        connector = connector_of(source, run)
        if source.kind == SourceKind.ONEROSTER:
            return _feed(source, run, connector)
        whole = _take_all(source, run, _pages(source, run, connector))
        return _ending(run, whole, getattr(connector, "n_set_aside", 0))
    except TooMuchLost as loss:
        n_lost = (loss.n_students, loss.n_records)
        return Ending(
            RunState.HELD, str(loss), loss_sha256=loss.sha256, n_lost=n_lost, loss_of=loss.loss_of
        )
    except AuthError as error:
        return Ending(RunState.STOPPED, str(error))
    except TransientError as error:
        after = error.retry_after and timedelta(seconds=error.retry_after)
        return Ending(RunState.RETRY, str(error), after)
    except SourceError as error:
        return Ending(RunState.FAILED, str(error))
    except StoreAway:
        return Ending(RunState.RETRY, STORE_AWAY)
    except OperationalError:
        return Ending(RunState.RETRY, "データベースが いそがしいので、あとで もう一度 読みます。")
    except Exception as error:
        log.error("sync %s: %s", source.pk, faults.position_of(error))
        fault = faults.fault_of(error)
        place = getattr(error, "place", Place())
        words, file = faults.in_words(fault, place), getattr(connector, "reading", None)
        return Ending(RunState.FAILED, words, fault=fault, file=file)


def _feed(source, run, reader):
    """A roster is taken in by sign-in, in whole."""
    now = clock.now()
    state, words = feed(source, run, reader, now=now)
    if state == RunState.DONE and not run.is_trial:
        _read_until(source, ROSTER, today())
    return Ending(state, words)


def _pages(source, run, connector):
    """The pages of a source; a file that came by hand does not move how far the source was read."""
    from_start = run.reads_again or run.is_trial or run.upload
    pages = connector.pull({} if from_start else source.cursor, _agreed(source))
    return (replace(page, cursor=None) for page in pages) if run.upload else pages


class SingleRun:
    """``with SingleRun(source):`` at most one run a source, whoever asks. Raises AlreadyRunning.

    The lock is the database connection's: a killed worker's is gone with it.
    """

    def __init__(self, source):
        self.number = int.from_bytes(source.pk.bytes[:8], signed=True)

    def __enter__(self):
        if not self._ask("pg_try_advisory_lock"):
            raise AlreadyRunning("いま 連携して います。おわるまで お待ちください。")

    def __exit__(self, *_):
        self._ask("pg_advisory_unlock")

    def _ask(self, function):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [self.number])
            return cursor.fetchone()[0]


# -- pages --------------------------------------------------------------------------------------


def _take_all(source, run, pages):
    """Take file after file, page after page, while there is time; whether the end was reached."""
    deadline = time.monotonic() + PATIENCE_S
    taking = Taking(
        source,
        run,
        is_trial=run.is_trial,
        accepts_loss=run.accepts_loss and run.loss_sha256,
        keeps_others=run.keeps_others,
    )

    def note(lot):
        _note_freshness(source, lot)
        _add(run, lot)

    n_damaged = 0
    for batch in _batches(_watched(run, pages)):
        lot = taking.take(batch, note)
        n_damaged += lot.n_damaged
        if run.is_trial:  # its transaction was undone: only what it found out stays
            _add(run, lot)
        if time.monotonic() > deadline:
            return False
    if n_damaged and not (run.is_trial or run.upload):
        _note_unread(source, run)
    return True


def _note_unread(source, run):
    """Write down who was read: without those whose keys this run found damaged, so that all is read
    again once they can be used.
    """
    source.cursor = {**source.cursor, "agreed": _agreed(source, made_by=run.started_at)}
    source.save(update_fields=["cursor"])


def _watched(run, pages):
    progress = Progress(run)
    for page in pages:
        progress.tell(page.share, _first_place(page))
        yield page


def _first_place(page):
    rows = page.records or page.issues
    return rows[0].place if rows else Place(page.file.name if page.file else "")


def _batches(pages):
    """Pages in groups that stand or fall together: a file, or a single page."""
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


def _add(run, lot):
    for name in COUNTS:
        setattr(run, name, getattr(run, name) + getattr(lot, name))
    findings.note(run, lot.issues, lot.n_issues)
    run.save(update_fields=COUNTS)


def _note_freshness(source, lot):
    """How far each kind was read, in the transaction that took it in."""
    for kind, day in lot.latest.items():
        _read_until(source, kind, day)


def _read_until(source, kind, day):
    """A day after today is nobody's news: it is not told, and not believed where it stands."""
    there = Freshness.objects.filter(source=source, kind=kind).first()
    told = there.until_on if there and there.until_on and there.until_on <= today() else day
    Freshness.objects.update_or_create(
        source=source,
        kind=kind,
        defaults={"until_on": min(max(day, told), today()), "read_at": clock.now()},
    )


def _agreed(source, made_by=None):
    """A name for the set of those who agree (and the codes they go by) now.

    A paused or damaged key is not among them, so that what waited is read when it can be used.
    """
    where = {"student__school": source.school_id} if source.school_id else {}
    keys = (
        SubjectKey.objects.in_use()
        .exclude(is_damaged())
        .filter(municipality=source.municipality_id, purpose__in=purposes_of(source), **where)
    )
    keys = keys.filter(made_at__lte=made_by) if made_by else keys
    named = keys.values_list("pk", f"student__{NAMED_BY[source.kind]}").order_by("pk")
    return hashlib.sha256("\n".join(f"{pk} {code}" for pk, code in named).encode()).hexdigest()


# -- words --------------------------------------------------------------------------------------


ASIDE = "時間内に 読み終わらない ファイルを {}個 よけて あります。ほかの ファイルは 読みました。"
PAUSED_ROWS = "{}行は、いま 止めて いる 利用目的の ものです。消さずに、あとで もう一度 読みます。"


def _ending(run, whole, n_set_aside):
    if not whole:
        words = "時間が かかったので、つづきは 次の 回に 読みます。"
        return Ending(RunState.RETRY, words, timedelta())
    if run.n_waiting and not run.is_trial:
        return Ending(RunState.RETRY, PAUSED_ROWS.format(run.n_waiting), WAITS)
    if n_set_aside and n_set_aside == run.n_issues:
        return Ending(RunState.PARTLY, ASIDE.format(n_set_aside) + _erased(run))
    if run.n_issues:
        return Ending(
            RunState.PARTLY, _refused(run) + (ASIDE.format(n_set_aside) * (n_set_aside > 0))
        )
    if run.is_trial:
        return Ending(RunState.DONE, "ためしに 読みました。何も 残して いません。")
    if run.n_read:
        return Ending(RunState.DONE, _erased(run))
    before = run.source.runs.filter(n_read__gt=0, is_trial=False).first()
    if before is not None and before.state == RunState.PARTLY:
        words = "新しい ものは ありません。前に 取り込めなかった 行が 残って います。"
        return Ending(RunState.PARTLY, words)
    return Ending(RunState.DONE, "新しい ものは ありません。")


def _erased(run):
    return f"前に 取り込んだ 記録を {run.n_erased:,}件 消しました。" if run.n_erased else ""


def _refused(run):
    """How much could not be taken in, and what became of the rest."""
    words = f"取り込めなかった 行が {run.n_issues:,}件 あります。"
    if run.n_read <= run.n_issues:
        return f"1行も 取り込んで いません。{words}"
    words += _erased(run)
    rest = "読めました" if run.is_trial else "取り込みました"
    return f"{words}ほかの {run.n_read - run.n_issues:,}行は {rest}。"
