"""One run over a source at a time, known by rows alone.

A run that reads is a SyncRun in the state RUNNING, of which the database takes one a source.
Nothing of it belongs to the connection, so a pooler may change that between two transactions.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.linkage.models import DataSource, RunState, SyncRun
from apps.people.models import User

# No task lives longer: a run that began before is over, whatever its row says.
LONGEST_RUN = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"
BUSY = _("いま連携しています。終わるまでお待ちください。")


class SourceBusy(Exception):
    """Another run over this source is in progress; the message is a sentence."""


class RunEnded(Exception):
    """The run was ended by another worker, which took it for one whose worker was killed."""


def lock_number(source: DataSource) -> int:
    """The advisory lock of a source, for transactions that begin a run or record one."""
    return int.from_bytes(source.pk.bytes[:8], signed=True)


@transaction.atomic
def begin_run(source: DataSource, run: SyncRun | None, by: User | None) -> SyncRun:
    """The waiting ``run``, or a new one that ``by`` asked for, as the one that reads the source.

    Raises SourceBusy.
    """
    if not _is_locked(source) or source.runs.filter(state=RunState.RUNNING).exists():
        raise SourceBusy(str(BUSY))
    if run is None:
        return SyncRun.objects.create(
            municipality_id=source.municipality_id, source=source, asked_by=by
        )
    run.state, run.started_at = RunState.RUNNING, clock.now()
    waiting = SyncRun.objects.filter(pk=run.pk, state=RunState.WAITING)
    if not waiting.update(state=run.state, started_at=run.started_at):
        raise SourceBusy(str(BUSY))  # another worker has begun it, and perhaps ended it
    return run


def hold_run(run: SyncRun) -> None:
    """Let nobody end the run before this transaction does; called before it writes.

    Raises RunEnded where somebody has.
    """
    running = SyncRun.objects.filter(pk=run.pk, state=RunState.RUNNING)
    if not list(running.select_for_update(no_key=True).values_list("pk")):
        raise RunEnded


def lock_dead_runs(source: DataSource, own: SyncRun | None = None) -> list[SyncRun]:
    """The source's runs whose workers are gone, locked; with ``own``, which its worker gives up.

    A run that is writing is left out: its transaction holds it.
    """
    is_over = Q(started_at__lte=clock.now() - LONGEST_RUN)
    dead = source.runs.filter(is_over | Q(pk=own and own.pk), state=RunState.RUNNING)
    return list(dead.select_for_update(skip_locked=True, no_key=True))


def _is_locked(source: DataSource) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, [lock_number(source)])
        return bool(cursor.fetchone()[0])
