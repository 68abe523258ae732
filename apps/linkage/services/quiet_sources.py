"""Ends the runs over folders in which nothing changed, in a constant number of statements.

Whatever is not certainly unchanged is left to a run of its own.
"""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value

from apps.core import clock
from apps.linkage.connectors.contract import SourceError
from apps.linkage.connectors.school_files import SchoolFiles
from apps.linkage.models import DataSource, RunState, SlowFile, SourceKind, SyncRun
from apps.linkage.services.agreed_students import agreement_tokens
from apps.linkage.services.files_set_aside import MAX_TRIES
from apps.linkage.services.running_runs import lock_number
from apps.linkage.services.source_reader import NOTHING_NEW, ROWS_LEFT
from apps.linkage.source_folders import source_folder

# Sources over which no run is being begun, nor can be until the transaction ends.
LOCK_SOURCES = """
SELECT s.id FROM unnest(%s::uuid[], %s::bigint[]) AS s(id, number)
WHERE pg_try_advisory_xact_lock(s.number)
"""
# The states of the sources' latest runs: without trials and uploaded files, which have no next one.
LATEST_STATES = """
SELECT s.id, latest.state FROM unnest(%s::uuid[]) AS s(id) CROSS JOIN LATERAL (
  SELECT r.state FROM linkage_syncrun r
  WHERE r.source_id = s.id AND NOT r.is_trial AND r.upload = ''
  ORDER BY r.started_at DESC LIMIT 1) latest
"""
QUIET_STATES = (RunState.DONE, RunState.PARTLY)
MINUTE = timedelta(minutes=1)
log = logging.getLogger(__name__)


@transaction.atomic
def end_quiet_runs(due: Sequence[DataSource], until: float) -> list[SyncRun]:
    """Record a run over each of the due sources in whose folder nothing changed; the SyncRuns.

    ``until`` (monotonic seconds): folders that were not looked at by then stay due.
    """
    folders = [source for source in due if source.kind == SourceKind.SCHOOL_FILES]
    if not folders:
        return []
    held = _locked(folders)
    states = _latest_states(held)
    asked = [source for source in folders if states.get(source.pk) in QUIET_STATES]
    tokens = agreement_tokens(asked, SourceKind.SCHOOL_FILES) if asked else {}
    quiet = []
    for source in asked:
        if time.monotonic() > until:
            break
        if _is_unchanged(source, tokens[source.pk]):
            quiet.append(source)
    return _record_runs(quiet, states)


def _locked(sources: Sequence[DataSource]) -> set[UUID]:
    """The ids (set) of the sources over which no run can begin meanwhile."""
    numbers = [lock_number(source) for source in sources]
    return set(_rows(LOCK_SOURCES, [[source.pk for source in sources], numbers]))


def _latest_states(ids: set[UUID]) -> dict[UUID, str]:
    return {pk: state for pk, (state,) in _rows(LATEST_STATES, [list(ids)]).items()}


def _rows(statement: str, values: list) -> dict[UUID, list]:
    """{first column: the others} of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {first: rest for first, *rest in cursor.fetchall()}


def _is_unchanged(source: DataSource, token: str) -> bool:
    try:
        files = SchoolFiles(source_folder(source), today=clock.today(), now=clock.now())
        return files.is_unchanged(source.cursor, token)
    except (SourceError, OSError):  # a run of its own says why
        return False


def _record_runs(quiet: list[DataSource], states: dict[UUID, str]) -> list[SyncRun]:
    """A run without news over each source, which is then read again after its interval."""
    if not quiet:
        return []
    now = clock.now()
    runs = SyncRun.objects.bulk_create(
        SyncRun(
            municipality_id=source.municipality_id, source=source, state=states[source.pk],
            started_at=now, finished_at=now,
            message=NOTHING_NEW + ROWS_LEFT * (states[source.pk] == RunState.PARTLY),
        )
        for source in quiet
    )  # fmt: skip
    interval = ExpressionWrapper(F("every_minutes") * Value(MINUTE), output_field=DurationField())
    next_at = ExpressionWrapper(Value(now) + interval, output_field=DateTimeField())
    DataSource.objects.filter(pk__in=[source.pk for source in quiet]).update(next_at=next_at)
    SlowFile.objects.filter(source__in=quiet, n_failures__lt=MAX_TRIES).delete()
    log.info("sync: nothing new in %d folders", len(quiet))
    return runs
