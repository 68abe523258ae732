"""Linked data: one reduced, sealed fact a row."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.linkage.models.data_sources import DataSource, SourceFile
from apps.people.models import Guardian
from apps.vault.card_purposes import CARD_PURPOSES
from apps.vault.models import SealedQuerySet
from apps.vault.unchecked_models import UncheckedSealedRow


class LinkedRecordQuerySet(SealedQuerySet):
    def shown_to(self, user):
        """Without facts read by a card (OF_A_CARD), unless it was this person's own card."""
        return self.filter(~Q(purpose__in=CARD_PURPOSES) | Q(guardian__user=user.pk))


class LinkedRecord(UncheckedSealedRow):
    """One reduced fact from a source, sealed.

    Its id is the keyed digest of its name in the source, so the same fact is the same row and the
    name is not stored.

    A file has a hundred thousand of these, so there are few indexes and two more unchecked
    references: a source cannot be deleted while it has runs, and the file's row is written in the
    same transaction.
    """

    key_id = models.UUIDField(editable=False)
    source = models.ForeignKey(
        DataSource, verbose_name="連携元", on_delete=models.PROTECT, related_name="records",
        db_index=False, db_constraint=False,
    )  # fmt: skip
    guardian = models.ForeignKey(  # whose card it was read with; None if no card was used
        Guardian,
        verbose_name="カードを読み取った保護者",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField("種類", max_length=30)  # of connectors: attendance_daily, statement …
    file = models.ForeignKey(
        SourceFile, on_delete=models.SET_NULL, null=True, related_name="records", editable=False,
        db_constraint=False,
    )  # fmt: skip
    version_digest = models.BinaryField(editable=False)
    received_at = models.DateTimeField("受け取った時", default=clock.now)
    kept_until = models.DateField("残す期限")  # coarse: it must not reveal the day of the fact

    objects = LinkedRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "連携データ"
        indexes = [
            # a student's facts; what one key sealed
            models.Index(fields=["student", "key_id"], name="record_by_student_and_key"),
            # what is past its retention
            BrinIndex(fields=["kept_until"], autosummarize=True, name="record_kept_until"),
            # what arrived since a rule last looked
            BrinIndex(fields=["received_at"], autosummarize=True, name="record_arrivals"),
        ]

    def __str__(self):
        return f"{self.kind} ({self.received_at:%Y-%m-%d})"
