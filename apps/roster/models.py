"""Uploaded rosters."""

from tempfile import TemporaryFile

from django.conf import settings
from django.db import models

from apps.core import clock
from apps.core.batches import rows_by_key
from apps.core.constraints import choices_check, unique
from apps.core.models import UUIDModel
from apps.core.sealed_field import SealedTextField
from apps.people.models import Municipality, Student


class ImportState(models.TextChoices):
    CHECKED = "checked", "確認まち"
    IMPORTED = "imported", "取り込みました"
    REFUSED = "refused", "取り込めません"
    FORGOTTEN = "forgotten", "取り込みませんでした"


class RosterImport(UUIDModel):
    """An uploaded roster zip: checked first, then imported, refused or dropped.

    The zip itself (its parts) is kept only between the check and the decision.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", null=True, on_delete=models.PROTECT, db_index=False,
    )  # fmt: skip
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    file_name = models.CharField("ファイル", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    state = models.CharField("状態", max_length=10, choices=ImportState.choices)
    report = models.JSONField("結果", default=dict)  # the FileReport as JSON
    created_at = models.DateTimeField("確かめた時", default=clock.now, editable=False)
    imported_at = models.DateTimeField("取り込んだ時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "名簿の取り込み"
        ordering = ["-created_at"]
        constraints = [choices_check("state", ImportState)]
        indexes = [
            models.Index(fields=["created_at"], name="roster_import_newest"),
            models.Index(  # those nobody has decided about
                fields=["created_at"],
                condition=models.Q(state=ImportState.CHECKED),
                name="roster_checked",
            ),
        ]

    def __str__(self):
        return f"{self.file_name} ({self.get_state_display()})"

    @property
    def content(self):
        """The zip as a temporary file, or None where it is no longer stored."""
        file = TemporaryFile()  # noqa: SIM115 - gone with its last reader
        for part in rows_by_key(self.parts.all(), 1, "number"):
            file.write(part.body)
        return file if file.tell() else file.close()


class RosterPart(models.Model):
    """A part of a stored zip, small enough to hold in memory."""

    roster_import = models.ForeignKey(
        RosterImport, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [unique(["roster_import", "number"], name="roster_part_once")]

    def __str__(self):
        return f"{self.number}"


class AccountNameKey(UUIDModel):
    """The key of a municipality's account names; without one none are kept.

    Sealed: a change of the portal's keys seals it anew and leaves the digests as they are.
    """

    municipality = models.OneToOneField(Municipality, on_delete=models.PROTECT, related_name="+")
    digest_key = SealedTextField("照合の鍵", editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "アカウント名の照合の鍵"

    def __str__(self):
        return f"{self.pk}"


class StudentAccountName(models.Model):
    """A user name or address of a student's school account, as a keyed digest that nobody reads.

    Only compared with what a sign-in service says when the student links their account.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="+", db_index=False
    )  # fmt: skip
    digest = models.BinaryField(editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "アカウント名の照合"
        constraints = [unique(["student", "digest"], name="account_name_once")]
        indexes = [  # whose name this is
            models.Index(fields=["municipality", "digest"], name="account_name_digest")
        ]

    def __str__(self):
        return f"{self.pk}"
