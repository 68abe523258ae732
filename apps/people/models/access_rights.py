"""Access rights besides staff posts: narrowed for all, or for an emergency."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.timezone import localtime

from apps.core import clock
from apps.core.constraints import array_choices_check, check, choices_check, two_people, unique
from apps.core.models import UUIDModel, no_truncate, only_resealed
from apps.core.sealed_field import SealedTextField
from apps.people.models.choices import EmergencyVerdict, Role
from apps.people.models.places import Municipality
from apps.people.models.students import Student
from apps.people.models.users import User


class ReadingRight(UUIDModel):
    """Which roles may open data of a purpose in a municipality.

    Narrower than permissions.MAY_OPEN, never wider; without a row that table applies.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    purpose = models.CharField("利用目的", max_length=40)
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role.choices), verbose_name="立場", default=list
    )

    class Meta:
        verbose_name = verbose_name_plural = "内容を開ける立場"
        constraints = [
            unique(["municipality", "purpose"], name="reading_right_once"),
            array_choices_check("roles", Role),
        ]

    def __str__(self):
        return self.purpose


class EmergencyAccessQuerySet(models.QuerySet):
    def running(self):
        now = clock.now()
        return self.filter(begun_at__lte=now, ends_at__gt=now)

    def unreviewed(self):
        return self.filter(reviewed_at=None)


class EmergencyAccess(UUIDModel):
    """Break-glass access to a student by somebody whose post does not include them.

    Lasts an hour, is marked wherever it shows, reported to the school lead, and reviewed.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        User, verbose_name="開いた人", on_delete=models.PROTECT, related_name="emergencies"
    )
    why = SealedTextField("なぜ", max_length=200)
    begun_at = models.DateTimeField("はじまり")
    ends_at = models.DateTimeField("おわり")
    reviewed_by = models.ForeignKey(
        User, verbose_name="確かめた人", null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    reviewed_at = models.DateTimeField("確かめた時", null=True, blank=True)
    verdict = models.CharField("判断", max_length=14, choices=EmergencyVerdict.choices, blank=True)
    note = SealedTextField("確かめて わかったこと", max_length=300, blank=True)

    objects = EmergencyAccessQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "緊急の閲覧"
        ordering = ["-begun_at"]
        constraints = [
            check("emergency_ends_after_begin", Q(ends_at__gt=models.F("begun_at"))),
            check("emergency_second_person", two_people("reviewed_by", "user")),
            check(
                "emergency_review_whole",
                Q(reviewed_by=None, reviewed_at=None, verdict="")
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False)
                & Q(verdict__in=EmergencyVerdict.values),
            ),
            choices_check("verdict", EmergencyVerdict, blank=True),
        ]
        triggers = [
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            no_truncate(),
            pgtrigger.ReadOnly(
                name="as_it_was",
                fields=["municipality", "student", "user", "begun_at", "ends_at"],
            ),
            only_resealed("why"),
        ]
        indexes = [
            models.Index(fields=["begun_at"], name="emergency_newest"),
            models.Index(  # those nobody has reviewed
                fields=["begun_at"], condition=Q(reviewed_at=None), name="emergency_unreviewed"
            ),
        ]

    def __str__(self):
        return f"緊急の閲覧 ({localtime(self.begun_at):%Y-%m-%d %H:%M})"
