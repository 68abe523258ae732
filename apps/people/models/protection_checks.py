"""Checks for protected children (支援措置), needed before letters are printed."""

from django.db import models

from apps.core.constraints import choices_check
from apps.core.models import UUIDModel, append_only
from apps.people.models.choices import Role
from apps.people.models.places import Municipality, School
from apps.people.models.users import User


class ProtectionCheck(UUIDModel):
    """A check by the city for 支援措置 (住民基本台帳事務処理要領) among a school's children.

    Without one a school prints no letters. ``none_known`` counts as well: it records that
    somebody checked and found none.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="protection_checks"
    )
    checked_on = models.DateField("支援措置を確かめた日")
    none_known = models.BooleanField("該当なし")
    recorded_by = models.ForeignKey(
        User, verbose_name="だれが", on_delete=models.PROTECT, related_name="+"
    )
    recorded_role = models.CharField("立場", max_length=20, choices=Role.choices)
    recorded_at = models.DateTimeField("いつ")

    class Meta:
        verbose_name = verbose_name_plural = "支援措置の確認"
        ordering = ["-checked_on", "-recorded_at"]
        constraints = [choices_check("recorded_role", Role)]
        triggers = append_only()

    def __str__(self):
        return f"{self.school} ({self.checked_on:%Y-%m-%d})"
