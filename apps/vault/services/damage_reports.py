"""Reports of damage: each written once, shown to the privacy officer, never blocking a reader."""

import logging
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, connections

from apps.core import clock
from apps.people.permissions import may, municipalities_where
from apps.vault.models import DamageReport, SubjectKey

log = logging.getLogger(__name__)
REMEMBERED_FOR_S = 600  # for which a process does not report the same place again
REMEMBERED_PLACES = 10_000
WAIT_S = 10

_INSERT = """
    INSERT INTO vault_damagereport (
        id, municipality_id, student_id, purpose, kind, key_id, "table", row_id
    )
    SELECT gen_random_uuid(), * FROM unnest(
        %s::uuid[], %s::uuid[], %s::varchar[], %s::varchar[], %s::uuid[], %s::varchar[], %s::uuid[]
    )
    ON CONFLICT (key_id, "table", row_id) DO UPDATE
    SET kind = excluded.kind, found_at = now(), mended_at = NULL, noted_at = NULL, noted_by_id = NULL
    WHERE vault_damagereport.mended_at IS NOT NULL
"""


def report_damage(findings):
    """Write a DamageReport for each DamageFinding that has none, whatever becomes of this
    transaction.

    Never raises: the reader continues, and if the report cannot be written the log says so.
    """
    now = time.monotonic()
    new = {each.place: each for each in findings if _noted.get(each.place, 0) <= now}
    if not new:
        return
    for each in new.values():
        log.error("damaged: %s key=%s %s %s", each.kind, each.key_id, each.table, each.row_id or "")
    try:
        on_own_connection(lambda: _insert(list(new.values())))
    except (DatabaseError, InterfaceError, TimeoutError) as error:
        log.exception("damage not written down: %s", type(error).__name__)
        return
    _noted.update(dict.fromkeys(new, now + REMEMBERED_FOR_S))
    while len(_noted) > REMEMBERED_PLACES:
        _noted.popitem(last=False)


_noted = OrderedDict()  # {place: until when (monotonic)}


def on_own_connection(work):
    """Call ``work`` on a connection of its own: it stays when this transaction does not."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    executor = ThreadPoolExecutor(1)
    try:
        return executor.submit(copy_context().run, run).result(timeout=WAIT_S)
    finally:
        executor.shutdown(wait=False)


def _insert(findings):
    columns = zip(
        *(
            (f.municipality_id, f.student_id, f.purpose, f.kind, f.key_id, f.table, f.row_id)
            for f in findings
        ),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in columns])


def reports_for(user):
    """The DamageReports this member of staff sees: of their city, or of no single one."""
    if not may(user, "damage.view"):
        return DamageReport.objects.none()
    cities = municipalities_where(user, "damage.view")
    everywhere = DamageReport.objects.filter(municipality=None)
    return DamageReport.objects.filter(municipality__in=cities) | everywhere


def damaged_purposes(student_id: UUID) -> set[str]:
    """The purposes of a student whose present key was found damaged and not mended since.

    That somebody has noted the report mends nothing.
    """
    reports = DamageReport.objects.filter(student_id=student_id, table="", mended_at=None)
    keys = SubjectKey.objects.filter(student_id=student_id, pk__in=reports.values("key_id"))
    return set(keys.values_list("purpose", flat=True))


def mark_report_seen(report, *, by):
    """A person has dealt with a report; a second time changes nothing."""
    DamageReport.objects.filter(pk=report.pk, noted_at=None).update(
        noted_at=clock.now(), noted_by=by
    )
