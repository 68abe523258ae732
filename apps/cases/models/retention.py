"""For how many years a city keeps its casework, as two people decided it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.constraints import both_or_neither, check, two_people, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality

FEWEST_YEARS, MOST_YEARS = 1, 30


def _person(label: str, **options: Any) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=label, on_delete=models.PROTECT, related_name="+",
        **options,
    )  # fmt: skip


class CaseRetention(UUIDModel):
    """The years after its end for which casework is kept; in force once a second person agrees.

    The newest confirmed row of a city is in force. Without one nothing is deleted.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    years = models.PositiveSmallIntegerField(_("支援のケースを残す年数"))
    protective_years = models.PositiveSmallIntegerField(_("守るためのケースを残す年数"))
    asked_by = _person("決めた人", editable=False)
    asked_at = models.DateTimeField("決めた時", default=clock.now, editable=False)
    confirmed_by = _person("確かめた人", null=True, editable=False)
    confirmed_at = models.DateTimeField("確かめた時", null=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "支援の記録の保存年数"
        ordering = ["-asked_at"]
        constraints = [
            check(
                "case_retention_years",
                models.Q(years__range=(FEWEST_YEARS, MOST_YEARS))
                & models.Q(protective_years__range=(FEWEST_YEARS, MOST_YEARS)),
            ),
            check("case_retention_two_people", two_people("confirmed_by", "asked_by")),
            check("case_retention_whole", both_or_neither("confirmed_at", "confirmed_by")),
            unique(
                ["municipality"], name="case_retention_one_waits",
                condition=models.Q(confirmed_at=None),
            ),
        ]  # fmt: skip
        indexes = [  # what is in force
            models.Index(fields=["municipality", "-confirmed_at"], name="case_retention_newest")
        ]

    def __str__(self) -> str:
        return f"{self.years}年・{self.protective_years}年"
