"""PIN resets by staff."""

from django.conf import settings
from django.db import models

from apps.core.constraints import choices_check
from apps.core.models import TimeOrderedModel, append_only
from apps.people.models import Municipality, Role, Student


class PinReset(TimeOrderedModel):
    """Staff let a student choose a new PIN: shown to the student for thirty days."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    reset_at = models.DateTimeField("いつ")
    reset_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    reset_role = models.CharField("立場", max_length=20, choices=Role.choices)

    class Meta:
        verbose_name = verbose_name_plural = "暗証番号の決めなおし"
        ordering = ["-reset_at"]
        constraints = [choices_check("reset_role", Role)]
        triggers = append_only()

    def __str__(self):
        return f"暗証番号の決めなおし ({self.reset_at:%Y-%m-%d})"
