"""A sealed row for tests, and threads that stop at a known point."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections, transaction
from django.utils import timezone

from apps.linkage.models import DataSource, LinkedRecord, SourceKind
from apps.vault.services.keys import key_for_writing


def source(school):
    return DataSource.objects.get_or_create(
        municipality=school.municipality,
        school=school,
        kind=SourceKind.SCHOOL_FILES,
        defaults={"title": "出欠", "place": "inbox"},
    )[0]


def write(student, purpose, value, name=b"1"):
    """What a sync does: take the key FOR SHARE, seal, save, in one transaction."""
    with transaction.atomic():
        return put(student, key_for_writing(student.pk, purpose), value, name)


def put(student, key, value, name=b"1"):
    row = LinkedRecord(
        municipality=student.municipality,
        source=source(student.school),
        kind="attendance_daily",
        version_digest=name,
        kept_until=timezone.localdate(),
    )
    key.seal(row, value).student = student
    row.save()
    return row


def in_thread(work):
    """Start ``work`` on a connection of its own; the Future of its result."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    return ThreadPoolExecutor(1).submit(run)


def until_somebody_waits_for_a_lock():
    """Return once another connection waits for a lock; fail if none ever does."""
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("Nobody waits.")
