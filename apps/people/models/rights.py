"""Rights beyond and below what a post includes: entrusted to one person, or narrowed for all."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.models import UUIDModel
from apps.people.models.roster import Municipality, Role, Student, User


class EntrustedQuerySet(models.QuerySet):
    def current(self):
        return self.filter(ended_at=None)


class Entrusted(UUIDModel):
    """One purpose of one student entrusted to one member of staff, beyond what posts include.

    Made where a student chose this person, or where this person was called because nobody looked.
    """

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="entrusted"
    )
    user = models.ForeignKey(
        User, verbose_name="だれに", on_delete=models.PROTECT, related_name="entrusted"
    )
    purpose = models.CharField("利用目的", max_length=40)
    began_at = models.DateTimeField("はじまり", default=timezone.now)
    ended_at = models.DateTimeField("おわり", null=True, blank=True)

    objects = EntrustedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "託された生徒"
        constraints = [
            models.UniqueConstraint(
                fields=["student", "user", "purpose"],
                condition=Q(ended_at=None),
                name="entrusted_current_once",
            )
        ]

    def __str__(self):
        return f"{self.purpose} ({self.began_at:%Y-%m-%d})"


class ReadingRight(UUIDModel):
    """Who may open what is kept under a purpose in a municipality.

    Narrower than permissions.MAY_OPEN, never wider; without a row the table of the code holds.
    """

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    purpose = models.CharField("利用目的", max_length=40)
    roles = ArrayField(
        models.CharField(max_length=12, choices=Role.choices), verbose_name="立場", default=list
    )

    class Meta:
        verbose_name = verbose_name_plural = "内容を開ける立場"
        constraints = [
            models.UniqueConstraint(fields=["municipality", "purpose"], name="reading_right_once")
        ]

    def __str__(self):
        return self.purpose
