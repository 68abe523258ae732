"""Meetings about cases: the agenda made from chosen cases, and the minutes of each."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.cases import SupportCase
from apps.cases.models.notes import CaseNote
from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality, School, User
from apps.people.permissions import rows_where


class MeetingKind(models.TextChoices):
    STAFF = "staff", _("職員会議")
    CASE = "case", _("ケース会議")


class MeetingQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> models.QuerySet:
        """The meetings of the schools where this person sees cases, whichever cases they are of."""
        return self.filter(rows_where(user, "cases.view"))


class CaseMeeting(UUIDModel):
    """A meeting of one school. What is spoken about a student stands in the rows of the case."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, db_index=False
    )
    kind = models.CharField("種類", max_length=10, choices=MeetingKind.choices)
    held_on = models.DateField("会議の日")
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="開く人", on_delete=models.PROTECT,
        related_name="+", db_index=False,
    )  # fmt: skip
    called_role = models.CharField("立場", max_length=40)
    called_at = models.DateTimeField("作った時", default=clock.now, editable=False)
    form_key = models.UUIDField(editable=False)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "会議"
        ordering = ["-held_on", "-id"]
        constraints = [
            choices_check("kind", MeetingKind),
            unique(["called_by", "form_key"], name="meeting_form_once"),
        ]
        indexes = [
            # the meetings of a school, the newest first
            models.Index(fields=["school", "-held_on", "-id"], name="meeting_of_school")
        ]

    def __str__(self) -> str:
        on = self.held_on
        return f"{self.get_kind_display()} {on.year}年{on.month}月{on.day}日"


class MeetingItem(CaseNote):
    """That a case is on the agenda of a meeting, and as which number."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="meeting_items", db_index=False
    )
    meeting = models.ForeignKey(
        CaseMeeting, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    number = models.PositiveSmallIntegerField("番号")

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "会議の議題"
        constraints = [
            *CaseNote.Meta.constraints,
            unique(["meeting", "number"], name="meeting_number_once"),
            unique(["meeting", "case"], name="meeting_case_once"),
            check("meeting_number_from_one", models.Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"A{self.number}"


class MeetingMinutes(CaseNote):
    """What was said about one case: encrypted {words, present, outside, corrects}.

    present: staff by name and role; outside: others by their role. A correction is another row.
    """

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="minutes", db_index=False
    )
    item = models.ForeignKey(MeetingItem, on_delete=models.PROTECT, related_name="minutes")

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "会議の記録"

    def __str__(self) -> str:
        return f"会議の記録 ({self.written_at:%Y-%m-%d})"
