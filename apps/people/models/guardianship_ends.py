"""Guardianships ended by two people of the school or city: no roster brings them back."""

from django.db import models

from apps.core.constraints import choices_check
from apps.core.models import append_only
from apps.people.models.choices import GuardianshipEndReason
from apps.people.models.guardianship_records import GuardianshipRecord


class GuardianshipEnd(GuardianshipRecord):
    """A guardianship ended by an act. A roster that still names it does not bring it back.

    To come back, the guardian registers by a letter; two people confirm them.
    """

    reason = models.CharField("わけ", max_length=7, choices=GuardianshipEndReason.choices)
    act = models.ForeignKey(
        "people.PendingAct", verbose_name="確認を待つ変更", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    ended_at = models.DateTimeField("いつ")

    class Meta:
        verbose_name = verbose_name_plural = "学校が終わらせた続柄"
        ordering = ["-ended_at"]
        constraints = [choices_check("reason", GuardianshipEndReason)]
        indexes = [models.Index(fields=["student", "guardian"], name="guardianship_end_of_pair")]
        triggers = append_only()

    def __str__(self):
        return f"{self.get_reason_display()} ({self.ended_at:%Y-%m-%d})"
