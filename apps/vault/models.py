"""Subject keys, and the shape of every row that is sealed with one."""

from django.db import models
from django.db.models import Exists, OuterRef, Q

from apps.core.models import UUIDModel
from apps.people.models import Municipality, Student


class SubjectKeyQuerySet(models.QuerySet):
    def in_use(self):
        """Keys that open and seal now: not paused."""
        return self.filter(paused_at=None)

    def paused(self):
        """Keys that open and seal nothing until they are in use again or destroyed."""
        return self.exclude(paused_at=None)


class SubjectKey(UUIDModel):
    """The data key of (student, purpose), wrapped. Destroying it is deleting this row.

    A paused key opens nothing and seals nothing; ``destroy_after`` is when it may be destroyed,
    None while that is not decided. Until then putting it back in use loses nothing.

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
    paused_at = models.DateTimeField("止めた時", null=True, blank=True)
    destroy_after = models.DateTimeField("この時からこわせる", null=True, blank=True)

    objects = SubjectKeyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "鍵"
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "student", "purpose"], name="subject_key_once"
            ),
            models.CheckConstraint(
                condition=Q(destroy_after=None) | Q(paused_at__isnull=False),
                name="subject_key_paused_before_its_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["destroy_after"],
                condition=Q(destroy_after__isnull=False),
                name="subject_key_to_destroy",
            )
        ]

    def __str__(self):
        return f"{self.purpose} ({self.made_at:%Y-%m-%d})"


class SealedQuerySet(models.QuerySet):
    def readable(self):
        """Rows whose key is in use: they can be read now."""
        return self.filter(Exists(SubjectKey.objects.in_use().filter(pk=OuterRef("key_id"))))

    def waiting(self):
        """Rows whose key is paused: nobody reads them now, no sweep deletes them."""
        return self.filter(Exists(SubjectKey.objects.paused().filter(pk=OuterRef("key_id"))))

    def kept(self):
        """Rows whose key exists, in use or paused."""
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


class SealedCode(UUIDModel):
    """A row with a secret code that is handed out on paper.

    The code is found by its keyed digest and kept sealed under a key of the ring, so that the
    same code can be printed again. Rows from before sealing have a digest only.
    """

    code_label = ""  # what keeps the digests of one kind of code apart from another's

    code_digest = models.BinaryField(unique=True, editable=False)
    sealed_code = models.BinaryField(null=True, editable=False)
    code_ring_key = models.CharField(max_length=20, blank=True, default="", editable=False)

    class Meta:
        abstract = True
