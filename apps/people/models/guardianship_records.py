"""What every record about one guardianship has."""

from django.db import models

from apps.core.models import UUIDModel
from apps.people.models.guardians import Guardian
from apps.people.models.places import Municipality
from apps.people.models.students import Student


class GuardianshipRecord(UUIDModel):
    """Base of what two people decided about a guardian of a student."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", on_delete=models.PROTECT, related_name="+"
    )
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False,
    )  # fmt: skip

    class Meta:
        abstract = True
