"""Which children are a member of staff's own, or related, where no roster says so."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.core.constraints import both_or_neither, check, choices_checks, unique
from apps.core.models import UUIDModel, no_truncate
from apps.people.models.choices import FamilyTie, Role
from apps.people.models.places import Municipality
from apps.people.models.students import Student
from apps.people.models.users import User


class StaffConflictQuerySet(models.QuerySet):
    def in_force(self) -> "StaffConflictQuerySet":
        """Those that two people have not ended."""
        return self.filter(ended_at=None)


class StaffConflict(UUIDModel):
    """A student about whom a member of staff does nothing as staff: a conflict of interest.

    By hand, beside the guardianships of the same person, under any of their accounts.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey(
        User, verbose_name="職員", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    tie = models.CharField("間柄", max_length=8, choices=FamilyTie.choices)
    set_by = models.ForeignKey(
        User, verbose_name="だれが", on_delete=models.PROTECT, related_name="+"
    )
    set_role = models.CharField("その立場", max_length=20, choices=Role.choices)
    set_at = models.DateTimeField("いつ")
    ended_at = models.DateTimeField("終わりにした時", null=True)
    ended_by = models.ForeignKey(
        User, verbose_name="終わりにした人", null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = StaffConflictQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "職員の家族の子ども"
        ordering = ["-set_at", "pk"]
        constraints = [
            *choices_checks(tie=FamilyTie, set_role=Role),
            check("staff_conflict_ended_by_whom", both_or_neither("ended_at", "ended_by")),
            unique(["person", "student"], name="staff_conflict_once", condition=Q(ended_at=None)),
        ]
        indexes = [models.Index(fields=["set_at"], name="staff_conflict_newest")]  # the list
        triggers = [
            pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
            no_truncate(),
            pgtrigger.ReadOnly(name="as_it_was", exclude=["ended_at", "ended_by"]),
        ]

    def __str__(self) -> str:
        return f"職員の家族 ({self.set_at:%Y-%m-%d})"
