"""Accesses that the family does not see: two people decide that."""

from django.conf import settings
from django.db import models

from apps.core import clock
from apps.core.models import append_only_but_resealed
from apps.core.sealed_field import SealedTextField
from apps.people.models import Municipality


class HiddenAccessEntry(models.Model):
    """A second person's decision on an access for a student's safety: hidden, or shown."""

    event_id = models.BigIntegerField("記録の番号", unique=True)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    is_hidden = models.BooleanField("見せない")
    note = SealedTextField("なぜ", max_length=200)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="決めた人", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    decided_at = models.DateTimeField("決めた時", default=clock.now, editable=False)
    changes_later = ("note",)

    class Meta:
        verbose_name = verbose_name_plural = "見せない閲覧"
        ordering = ["-decided_at"]
        triggers = append_only_but_resealed("note")

    def __str__(self):
        return f"閲覧 {self.event_id}: {'見せない' if self.is_hidden else '見せる'}"
