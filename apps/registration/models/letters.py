"""Letters that invite guardians."""

from django.conf import settings
from django.db import models

from apps.core import clock
from apps.core.constraints import check, unique
from apps.core.time_zone import midnight
from apps.people.models import Guardian, Municipality, SchoolClass, Student
from apps.vault.models import SealedCode


class LetterQuerySet(models.QuerySet):
    def open(self):
        """Letters that nothing has ended yet, child letters also before their hand-out day.

        A letter is valid to the end of its printed day. Excludes guardians disabled in the roster,
        and students who have left, or who have left the school that wrote the letter.
        """
        since = midnight(clock.today())
        of_guardian = models.Q(guardian__is_enabled=True, guardian__left_at=None)
        is_of_school = models.Q(school_class=None) | models.Q(
            school_class__school=models.F("student__school")
        )
        of_student = models.Q(student__left_at=None, student__isnull=False) & is_of_school
        living = self.filter(used_at=None, revoked_at=None, expires_at__gte=since)
        return living.filter(of_guardian | of_student)

    def usable(self):
        """Letters that are valid today."""
        handed_out = models.Q(works_from=None) | models.Q(works_from__lte=clock.today())
        return self.open().filter(handed_out)


class InvitationLetter(SealedCode):
    """A letter to one named guardian, used once, or to whoever is a guardian of a child.

    A child letter (``student``) is not used up: several guardians may register with it.
    ``slip_number`` is printed on the slip that is torn off, signed and returned; it gives no
    access.
    """

    code_label, codes_in_use, codes_what = "invitation code", "usable", "codes of letters"

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", null=True, on_delete=models.PROTECT,
        related_name="invitations",
    )  # fmt: skip
    student = models.ForeignKey(
        Student, verbose_name="生徒", null=True, on_delete=models.PROTECT,
        related_name="invitations",
    )  # fmt: skip
    slip_number = models.CharField("控えの番号", max_length=12, null=True, unique=True)
    works_from = models.DateField("配る日", null=True)
    school_class = models.ForeignKey(
        SchoolClass, verbose_name="学級", null=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("出した時", default=clock.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    expires_at = models.DateTimeField("使える期限")
    used_at = models.DateTimeField("使った時", null=True, blank=True)
    revoked_at = models.DateTimeField("使えなくした時", null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "招待の手紙"
        constraints = [
            unique(
                ["guardian"],
                name="one_open_invitation",
                condition=models.Q(used_at=None, revoked_at=None),
            ),
            unique(
                ["student"],
                name="one_open_letter_of_a_child",
                condition=models.Q(used_at=None, revoked_at=None),
            ),
            check(
                "letter_of_a_guardian_or_a_child", models.Q(guardian=None) ^ models.Q(student=None)
            ),
            check(
                "letter_of_a_child_is_not_used_up", models.Q(student=None) | models.Q(used_at=None)
            ),
        ]

    def __str__(self):
        return f"手紙 {str(self.pk)[:8]}"
