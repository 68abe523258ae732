"""A short word of staff to a student about one check-in."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.checkins.withheld_models import WordsExclusion
from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.people.models import Role, Student, User
from apps.people.services.person_accounts import accounts_of_person
from apps.vault.models import SealedQuerySet, SealedRow


class StaffWordQuerySet(SealedQuerySet):
    def sent(self) -> "StaffWordQuerySet":
        """Those that were not taken back."""
        return self.filter(retracted_at=None)

    def for_student(self, student: Student) -> "StaffWordQuerySet":
        """What the student finds: nothing of whom they keep out, when it was written or now."""
        kept = User.objects.filter(
            pk__in=WordsExclusion.objects.filter(student=student, ended_at=None).values("person")
        )
        accounts = {account for person in kept for account in accounts_of_person(person)}
        found = self.sent().filter(student=student, is_withheld=False)
        return found.exclude(written_by__in=accounts).not_closed(student)

    def of_days_shown(self, student: Student, since: date) -> "StaffWordQuerySet":
        """Those on the days of the student's page, also of whom the student keeps out."""
        return self.filter(student=student, answered_on__gte=since).not_closed(student)

    def not_closed(self, student: Student) -> "StaffWordQuerySet":
        """Those written since the student closed what was before, if they did."""
        closed = student.closed_before
        return self if closed is None else self.filter(written_at__gt=closed)


class StaffWord(SealedRow):
    """「読んだよ。」: encrypted {words}, under the key of check-ins; it goes with its check-in.

    ``check_in_id`` is the check-in. ``is_withheld``: the student keeps the writer out, who must not
    notice it: it is stored as any other, and the student never finds it.
    """

    check_in_id = models.UUIDField(editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    written_role = models.CharField("立場", max_length=20, choices=Role.choices)
    written_at = models.DateTimeField("いつ", default=clock.now)
    answered_on = models.DateField("いつの分")
    form_key = models.UUIDField(editable=False)
    is_withheld = models.BooleanField(default=False, db_default=False, editable=False)
    read_at = models.DateTimeField("生徒が読んだ時", null=True)
    retracted_at = models.DateTimeField("取り消した時", null=True)

    objects = StaffWordQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = verbose_name_plural = "職員のひとこと"
        ordering = ["-written_at"]
        constraints = [
            choices_check("written_role", Role),
            unique(["written_by", "form_key"], name="staff_word_form_once"),
            unique(
                ["check_in_id", "written_by"],
                name="staff_word_once",
                condition=Q(retracted_at=None),
            ),
            check(
                "staff_word_read_or_retracted",
                Q(read_at=None) | Q(retracted_at=None),
                "読まれたひとことは取り消せません。",
            ),
        ]
        indexes = [
            # what a student finds, newest first
            models.Index(
                fields=["student", "-written_at"],
                condition=Q(retracted_at=None, is_withheld=False),
                name="staff_word_of_student",
            ),
            # what is to be deleted
            models.Index(fields=["municipality", "answered_on"], name="staff_word_over"),
        ]

    def __str__(self) -> str:
        return f"ひとこと ({self.written_at:%Y-%m-%d})"

    @classmethod
    def may_all_be_opened(cls, rows: list, actor: User) -> bool:
        """Staff read their own alone: what a colleague wrote may answer what is kept from them."""
        return super().may_all_be_opened(rows, actor) and all(
            row.written_by_id == actor.pk for row in rows
        )
