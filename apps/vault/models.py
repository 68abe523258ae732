"""Subject keys, and the shape of every row that is sealed with one."""

from django.db import models
from django.db.models import Exists, OuterRef

from apps.core.models import UUIDModel
from apps.people.models import Municipality, Student


class SubjectKey(UUIDModel):
    """The data key of (student, purpose), wrapped. Destroying it is deleting this row.

    ``wrapped`` is one of two shares; the other is a file (apps.vault.shares), so that no backup
    of the database opens anything by itself. Only keys made before there were shares lack one.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="subject_keys")
    purpose = models.CharField("利用目的", max_length=40)
    ring_key = models.CharField("包んだ鍵", max_length=20)
    wrapped = models.BinaryField()
    has_share = models.BooleanField("鍵の片われが外にある", default=True, db_default=True)
    made_at = models.DateTimeField("作った時", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "鍵"
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "student", "purpose"], name="subject_key_once"
            )
        ]

    def __str__(self):
        return f"{self.purpose} ({self.made_at:%Y-%m-%d})"


class SealedQuerySet(models.QuerySet):
    def readable(self):
        """Rows whose key still exists."""
        return self.filter(Exists(SubjectKey.objects.filter(pk=OuterRef("key_id"))))

    def orphaned(self):
        """Rows whose key was destroyed: nobody can read them, a sweep deletes them."""
        return self.exclude(Exists(SubjectKey.objects.filter(pk=OuterRef("key_id"))))


class SealedRow(UUIDModel):
    """A row about a student whose content only vault.services can open.

    ``key_id`` has no foreign key on purpose: destroying a key must not wait for the rows.
    """

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    purpose = models.CharField("利用目的", max_length=40)
    key_id = models.UUIDField(db_index=True, editable=False)
    sealed = models.BinaryField(editable=False)

    objects = SealedQuerySet.as_manager()

    class Meta:
        abstract = True
