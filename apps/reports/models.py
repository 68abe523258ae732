"""Counts that are prepared at night, so that the page of counts reads no rows of past days."""

from django.db import models

from apps.core.constraints import unique
from apps.people.models import Municipality, School


class CheckInCount(models.Model):
    """How many check-ins there were of one school, grade and day when they were last counted."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+", db_index=False)
    grade = models.CharField("学年", max_length=3, blank=True)
    day = models.DateField("いつの分")
    n = models.PositiveIntegerField("件数")

    class Meta:
        verbose_name = verbose_name_plural = "チェックインの数"
        constraints = [unique(["school", "day", "grade"], name="checkin_count_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.grade}: {self.n}"
