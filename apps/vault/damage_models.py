"""The table of keys and sealed rows that could not be opened."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from apps.core.constraints import choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality, Student
from apps.vault.choices import DamageKind


class DamageReportQuerySet(models.QuerySet):
    def open(self):
        """Not readable again, and nobody has noted it yet."""
        return self.filter(mended_at=None, noted_at=None)


class DamageReport(UUIDModel):
    """A key or sealed row that could not be opened although nobody withdrew consent.

    Written on a connection of its own, so that it stays when the reader's transaction does not;
    therefore without foreign keys in the database.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", null=True, on_delete=models.DO_NOTHING,
        db_constraint=False, related_name="+",
        db_index=False,
    )  # fmt: skip
    student = models.ForeignKey(
        Student, verbose_name="生徒", null=True, on_delete=models.DO_NOTHING, db_constraint=False,
        related_name="+",
    )  # fmt: skip
    purpose = models.CharField("利用目的", max_length=40, blank=True)
    kind = models.CharField("何がこわれているか", max_length=16, choices=DamageKind)
    key_id = models.UUIDField("鍵")
    table = models.CharField("表", max_length=63, blank=True)  # "" where it is the key itself
    row_id = models.UUIDField("行", null=True)
    found_at = models.DateTimeField("見つけた時", db_default=Now())
    mended_at = models.DateTimeField("また読めた時", null=True)
    noted_at = models.DateTimeField("確かめた時", null=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, on_delete=models.DO_NOTHING,
        db_constraint=False, related_name="+",
    )  # fmt: skip

    objects = DamageReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "読めない記録"
        constraints = [
            choices_check("kind", DamageKind),
            unique(
                ["key_id", "table", "row_id"], name="vault_damagereport_once", nulls_distinct=False
            ),
        ]
        indexes = [
            models.Index(
                fields=["found_at"], name="vault_damagereport_newest"
            ),  # the list, newest first
            models.Index(
                fields=["municipality", "found_at"],
                condition=models.Q(mended_at=None, noted_at=None),
                name="vault_damagereport_open",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} ({self.found_at:%Y-%m-%d})"


def is_damaged():
    """A condition on SubjectKeys: a report says that it cannot be used."""
    return Exists(DamageReport.objects.filter(key_id=OuterRef("pk"), table="", mended_at=None))
