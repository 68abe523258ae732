"""Looks of staff outside their duty pattern, for the privacy officer."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.disclosure import unusual_look_rules as rules
from apps.people.models import Municipality


class UnusualLookKind(models.TextChoices):
    MANY = rules.MANY, _("一日に多くの子ども(自分の学級のほか)")
    OFF_HOURS = rules.OFF_HOURS, _("夜・早朝・休みの日")
    COLLEAGUE = rules.COLLEAGUE, _("職員の家族の子ども")


class UnusualLook(UUIDModel):
    """How many students somebody looked at in an unusual way on a day; never which."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="職員", on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    on = models.DateField("日")
    kind = models.CharField("どんな閲覧か", max_length=10, choices=UnusualLookKind.choices)
    n_students = models.PositiveIntegerField("子どもの数")
    found_at = models.DateTimeField("調べた時", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "ふだんと違う閲覧"
        ordering = ["-on", "pk"]
        constraints = [
            choices_check("kind", UnusualLookKind),
            unique(["municipality", "person", "on", "kind"], name="unusual_look_once"),
            check("unusual_look_counts_somebody", models.Q(n_students__gt=0)),
        ]
        indexes = [models.Index(fields=["on", "id"], name="unusual_look_newest")]  # the list

    def __str__(self) -> str:
        return f"ふだんと違う閲覧 ({self.on})"
