"""Events about a student that staff record: what, when, from whom it is known."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.constraints import choices_check, unique
from apps.core.models import append_only_while_readable
from apps.people.models import Role, Student, User
from apps.people.permissions import students_where
from apps.vault.models import SealedQuerySet, SealedRow


class EventKind(models.TextChoices):
    NON_ATTENDANCE = "non_attendance", _("不登校")
    BULLYING = "bullying", _("いじめ")
    OTHER = "other", _("その他の出来事")


class EventSource(models.TextChoices):
    """From whom an event is known."""

    STAFF = "staff", _("職員が見た・気づいた")
    STUDENT = "student", _("本人から聞いた")
    OTHER_STUDENT = "other_student", _("ほかの生徒から聞いた")
    GUARDIAN = "guardian", _("保護者から聞いた")
    SURVEY = "survey", _("学校のアンケート")
    OUTSIDE = "outside", _("学校の外から聞いた")


class StudentEventQuerySet(SealedQuerySet):
    def visible_to(self, user: User) -> models.QuerySet:
        """The events of students in this person's care."""
        return self.filter(students_where(user, "cases.view", "student__"))


class StudentEvent(SealedRow):
    """One event that staff recorded: encrypted {kind, on, source, words}. Append-only.

    Its key ("casework") needs no consent: it is what staff themselves know.
    """

    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    form_key = models.UUIDField(editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="書いた人", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    recorded_role = models.CharField("立場", max_length=20, choices=Role.choices)
    recorded_at = models.DateTimeField("書いた時", default=clock.now, editable=False)

    objects = StudentEventQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = verbose_name_plural = "出来事の記録"
        ordering = ["-recorded_at"]
        constraints = [
            unique(["student", "form_key"], name="student_event_form_once"),
            choices_check("recorded_role", Role),
        ]
        indexes = [
            # what arrived since the rules last looked; the list, newest first
            models.Index(fields=["recorded_at"], name="student_event_newest"),
        ]
        triggers = append_only_while_readable()

    def __str__(self) -> str:
        return f"出来事の記録 ({self.recorded_at:%Y-%m-%d})"
