"""Purposes that wait for a new answer because a guardian's standing changed."""

from django.db import models

from apps.consent.models.choices import Purpose
from apps.core.constraints import choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality, Student


class AnswerNeeded(UUIDModel):
    """A purpose of a student that begins only by a guardian's answer given after ``since``.

    At that time a guardian's standing changed; without this row, earlier answers would have begun
    it.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+", db_index=False)
    purpose = models.CharField("利用目的", max_length=20, choices=Purpose.choices)
    since = models.DateTimeField("この時よりあとの返事がいる")

    class Meta:
        verbose_name = verbose_name_plural = "あらためてたずねる利用目的"
        constraints = [
            choices_check("purpose", Purpose),
            unique(["student", "purpose"], name="answer_needed_once"),
        ]

    def __str__(self):
        return f"{self.get_purpose_display()} ({self.since:%Y-%m-%d})"
