"""The history of a guardianship's standing: who set it, when, by which document."""

from django.db import models

from apps.core.constraints import choices_checks
from apps.core.models import append_only_but_resealed
from apps.core.sealed_field import SealedTextField
from apps.people.models.choices import GuardianStanding, Role, StandingReason
from apps.people.models.guardianship_records import GuardianshipRecord
from apps.people.models.users import User


class StandingChange(GuardianshipRecord):
    """One change of a guardianship's standing: by whom, when, why, by which document."""

    standing = models.CharField("できること", max_length=8, choices=GuardianStanding.choices)
    reason = models.CharField("わけ", max_length=8, choices=StandingReason.choices)
    document_number = SealedTextField("書類の番号", max_length=60)
    act = models.ForeignKey(
        "people.PendingAct", verbose_name="確認を待つ変更", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    changed_by = models.ForeignKey(
        User, verbose_name="だれが", on_delete=models.PROTECT, related_name="+"
    )
    changed_role = models.CharField("その立場", max_length=20, choices=Role.choices)
    changed_at = models.DateTimeField("いつ")
    remind_on = models.DateField("見なおす日", null=True, blank=True)  # opens nothing by itself
    changes_later = ("document_number",)

    class Meta:
        verbose_name = verbose_name_plural = "保護者にできることの記録"
        ordering = ["-changed_at"]
        constraints = [
            *choices_checks(standing=GuardianStanding, reason=StandingReason, changed_role=Role),
        ]
        indexes = [
            models.Index(fields=["student", "guardian"], name="standing_of_pair"),
            models.Index(  # the reminders of きょう
                fields=["municipality", "remind_on"],
                condition=models.Q(remind_on__isnull=False),
                name="standing_to_review",
            ),
        ]
        triggers = append_only_but_resealed("document_number")

    def __str__(self):
        return f"{self.get_standing_display()} ({self.changed_at:%Y-%m-%d})"
