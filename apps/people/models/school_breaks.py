"""Days off of schools."""

from datetime import date
from uuid import UUID

from django.db import models

from apps.core.constraints import check, not_before
from apps.core.models import UUIDModel
from apps.people.models.places import Municipality, School


class SchoolBreakQuerySet(models.QuerySet):
    def spans(self, school_id: UUID) -> list[tuple[date, date]]:
        """[(first day, last day)] of a school's breaks, for the pure rules."""
        return list(self.filter(school=school_id).values_list("begins_on", "ends_on"))


class SchoolBreak(UUIDModel):
    """Days off of a school besides weekends and national holidays; both ends included."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="breaks"
    )
    title = models.CharField("名前", max_length=40)
    begins_on = models.DateField("はじまり")
    ends_on = models.DateField("おわり(この日まで休み)")

    objects = SchoolBreakQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学校の休み"
        ordering = ["-begins_on"]
        constraints = [
            check(
                "break_ends_after_it_begins",
                not_before("ends_on", "begins_on"),
                "おわりの日は、はじまりの日より前にできません。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.begins_on} – {self.ends_on})"
