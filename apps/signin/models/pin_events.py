"""Events of a student's own PIN, shown to the student for thirty days."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.constraints import check, choices_check
from apps.core.models import TimeOrderedModel, append_only
from apps.people.models import Municipality, Role, Student
from apps.signin.models.choices import PinEventKind


class PinEvent(TimeOrderedModel):
    """One event of a student's PIN. A reset by staff is a PinReset."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField("何", max_length=10, choices=PinEventKind.choices)
    at = models.DateTimeField("いつ", db_index=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    confirmed_role = models.CharField("立場", max_length=20, choices=Role.choices, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "暗証番号の確認"
        ordering = ["-at"]
        constraints = [
            choices_check("kind", PinEventKind),
            check(
                "pin_event_confirmed_by_somebody",
                Q(kind=PinEventKind.CONFIRMED, confirmed_by__isnull=False)
                & Q(confirmed_role__in=Role.values)
                | ~Q(kind=PinEventKind.CONFIRMED) & Q(confirmed_by=None, confirmed_role=""),
            ),
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.get_kind_display()} ({self.at:%Y-%m-%d})"
