"""Deletion certificates: which key was destroyed, and how many rows were deleted with it."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count
from django.utils.timezone import localtime

from apps.consent.models import (
    DeletionCertificate,
    DeletionCount,
    EndReason,
    RowSource,
    SweepMark,
)
from apps.consent.services.recorded_names import seal_name
from apps.core import clock
from apps.core.sql_batches import insert_rows
from apps.people.models import Student
from apps.vault.card_purposes import CARD_PURPOSES
from apps.vault.models import SealedRow

NEWEST_FIRST = ("-ended_at", "-pk")
# A key's end gets its time before its transaction commits: a sweep in between misses it.
COMMIT_MARGIN = timedelta(minutes=1)
LOOK_BACK = timedelta(hours=1)  # longer than a transaction that ends the keys of a whole city
UNEXPLAINED_ENDS = {EndReason.DECISION, EndReason.OTHER}  # somebody's answer, not the city or age
WHOLE_READ_HOUR = 2  # when few people are there
OVERDUE_AFTER = timedelta(minutes=15)  # after this, "a few minutes" is no longer true


class EndedKey(NamedTuple):
    """A key that was destroyed, and why."""

    student: Student
    purpose: str
    key_id: UUID
    why: str  # EndReason


def write_certificates(ends, *, receipt=None, at=None, batch=None):
    """Write a certificate for each EndedKey; ``at`` is when they ended (None: now)."""
    now = at or clock.now()
    insert_rows((_certificate(ended, receipt, now) for ended in ends), batch)


def _certificate(ended, receipt, now):
    certificate = DeletionCertificate(
        municipality_id=ended.student.municipality_id,
        student=ended.student,
        purpose=ended.purpose,
        key_id=ended.key_id,
        receipt=receipt,
        ended_by=ended.why,
        ended_at=now,
    )
    seal_name(certificate, ended.student)
    return certificate


def count_deleted_rows(source, rows):
    """Count rows about to be deleted (a queryset of sealed rows) on their keys' certificates.

    Rows that go because their retention time is over have a living key, and no certificate.
    """
    has_card = any(field.name == "guardian" for field in rows.model._meta.fields)
    each = ("key_id", "guardian_id") if has_card else ("key_id",)
    counts = list(rows.order_by().values(*each).annotate(n=Count("pk")))
    keys = {count["key_id"] for count in counts}
    found = {row.key_id: row for row in DeletionCertificate.objects.filter(key_id__in=keys)}
    DeletionCount.objects.bulk_create(
        DeletionCount(
            certificate=found[count["key_id"]], source=source, n_rows=count["n"],
            guardian_id=count.get("guardian_id"),
        )
        for count in counts
        if count["key_id"] in found
    )  # fmt: skip


def counts_visible_to_student(certificate: DeletionCertificate) -> list[DeletionCount]:
    """The counts of a certificate that its student may know.

    Not of rows read with a card: their number reveals what was read.
    """
    return [] if certificate.purpose in CARD_PURPOSES else list(certificate.counts.all())


def mark_source_clean(source: str, model: type[SealedRow], since: datetime | None = None) -> None:
    """Note that a source holds no unreadable row now, if that is true.

    ``since``: only rows of keys that ended from then on are looked at (None: every row).
    """
    looked_at = clock.now()
    if model.objects.orphaned(since).exists():
        return
    noted = {"clean_at": looked_at}
    if since is None:
        noted["read_whole_at"] = looked_at
    SweepMark.objects.update_or_create(source=source, defaults=noted)


def unswept_since(source: str) -> datetime | None:
    """From when on keys may have ended whose rows of this source are not deleted yet; None: any.

    Once a day, after 2 a.m., every row is read: whatever the keys' ends say, nothing stays.
    """
    mark = SweepMark.objects.filter(source=source).first()
    if mark is None or mark.read_whole_at is None:
        return None
    now = clock.now()
    is_of_today = localtime(mark.read_whole_at).date() == localtime(now).date()
    if not is_of_today and localtime(now).hour >= WHOLE_READ_HOUR:
        return None
    return min(mark.clean_at, now) - LOOK_BACK


def certificates_readable_by(user):
    """A student's own certificates; a guardian reads none.

    That a key was destroyed, or that none was, tells what the child had answered.
    """
    found = DeletionCertificate.objects.filter(student__user=user.pk)
    return found.select_related("student").order_by(*NEWEST_FIRST)


def is_certificate_overdue(certificate):
    """Whether the sweeps should have found every source clean by now, but have not."""
    return clock.now() > certificate.ended_at + OVERDUE_AFTER and not is_certificate_complete(
        certificate
    )


def is_certificate_complete(certificate):
    """Whether every source was found clean since the key was destroyed."""
    marks = SweepMark.objects.filter(clean_at__gt=certificate.ended_at + COMMIT_MARGIN)
    return marks.filter(source__in=RowSource.values).count() == len(RowSource)
