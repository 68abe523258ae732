"""Lists of guardians uploaded by schools, and the guardians they name."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality, Relation, School, Student
from apps.registration.models.choices import GuardianListState
from apps.vault.key_ring_columns import RingColumn


class GuardianList(UUIDModel):
    """An uploaded file; its rows are encrypted between the first look and the decision."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="+"
    )
    file_name = models.CharField("ファイル", max_length=150)
    state = models.CharField(
        "ようす", max_length=8, choices=GuardianListState.choices, default=GuardianListState.CHECKED
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    uploaded_at = models.DateTimeField("いつ", default=clock.now)
    columns_by = ArrayField(
        models.UUIDField(), default=list, db_default=[], blank=True, editable=False
    )  # the accounts that chose its columns
    n_new = models.PositiveIntegerField("新しい名前", default=0)
    n_changed = models.PositiveIntegerField("変わった名前", default=0)
    sealed = models.BinaryField(null=True, editable=False)
    ring_key = models.CharField(max_length=20, blank=True, default="", editable=False)
    ring_columns = (RingColumn("sealed", "guardians|{pk}", "ring_key", "lists of guardians"),)

    class Meta:
        verbose_name = verbose_name_plural = "保護者の一覧"
        ordering = ["-uploaded_at"]
        constraints = [
            choices_check("state", GuardianListState),
            check(
                "guardian_list_kept_while_checked",
                models.Q(state=GuardianListState.CHECKED) | models.Q(sealed=None),
            ),
        ]
        indexes = [models.Index(fields=["uploaded_at"], name="guardian_list_newest")]

    def __str__(self):
        return f"保護者の一覧 ({self.uploaded_at:%Y-%m-%d})"


class ListedGuardian(UUIDModel):
    """A guardian of a student as named by a school's list: for comparison and for addressing.

    It gives no access, and is no evidence to anybody who helped to write it (``written_by``: who
    uploaded the lists, chose their columns or took them). A later list adds and changes; nothing is
    removed.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="listed_guardians",
        db_index=False,
    )  # fmt: skip
    name = models.CharField("名前", max_length=120)
    name_key = models.CharField(max_length=240)  # people.codes.normalise_name without blanks
    reading = models.CharField("読み", max_length=120, blank=True)
    relation = models.CharField(
        "続柄", max_length=13, choices=Relation.choices, blank=True, default="", db_default=""
    )
    listed_at = models.DateTimeField("いつ")
    listed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", null=True, on_delete=models.PROTECT,
        related_name="+", editable=False,
    )  # fmt: skip
    written_by = ArrayField(
        models.UUIDField(), default=list, db_default=[], blank=True, editable=False
    )

    class Meta:
        verbose_name = verbose_name_plural = "一覧にある保護者"
        constraints = [
            unique(["student", "name_key"], name="listed_guardian_once_a_student"),
            choices_check("relation", Relation, blank=True),
        ]

    def __str__(self):
        return f"一覧の保護者 {str(self.pk)[:8]}"
