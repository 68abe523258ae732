"""Guardianships ended by two people of the school or city: no roster brings them back."""

from django.db import models

from apps.core.constraints import choices_check
from apps.core.models import UUIDModel, append_only
from apps.people.models.choices import GuardianshipEndReason
from apps.people.models.guardians import Guardian
from apps.people.models.places import Municipality
from apps.people.models.students import Student


class GuardianshipEnd(UUIDModel):
    """A guardianship ended by an act. A roster that still names it does not bring it back.

    To come back, the guardian registers by a letter; two people confirm them.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", on_delete=models.PROTECT, related_name="+"
    )
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False,
    )  # fmt: skip
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
