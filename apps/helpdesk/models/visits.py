"""Visits of the helpdesk to a school."""

from django.db import models

from apps.core.models import UUIDModel
from apps.people.models import Municipality, School


class SupportVisit(UUIDModel):
    """On which day the helpdesk was at which school, and what was done; it names nobody."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="+"
    )
    visited_on = models.DateField("日")
    done = models.TextField("したこと", max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = "学校への訪問"
        ordering = ["-visited_on", "pk"]
        indexes = [
            # the list, newest first
            models.Index(fields=["municipality", "-visited_on", "id"], name="support_visits"),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.visited_on:%Y-%m-%d}"
