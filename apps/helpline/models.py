"""Who is there to answer, and what a student asked for."""

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone

from apps.core.models import UUIDModel, append_only, choices_check
from apps.people.models import Municipality, School
from apps.people.permissions import may, students_under_care
from apps.vault.models import SealedQuerySet, SealedRow


class DutyRoster(UUIDModel):
    """A school's promise: the feature is on only with two contacts, a last responder and hours."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    school = models.OneToOneField(School, verbose_name="学校", on_delete=models.PROTECT)
    first = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="はじめの人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="つぎの人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    last = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="さいごの人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    opens_at = models.TimeField("見る時間のはじまり", null=True, blank=True)
    closes_at = models.TimeField("見る時間のおわり", null=True, blank=True)
    is_on = models.BooleanField("受け付ける", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "当番"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_on=False)
                | Q(first__isnull=False, second__isnull=False, last__isnull=False,
                    opens_at__isnull=False, closes_at__isnull=False),
                name="duty_on_needs_people_and_hours",
            )
        ]  # fmt: skip

    def __str__(self):
        return f"{self.school} の当番"


class WantedRole(models.TextChoices):
    HOMEROOM = "homeroom", "担任の 先生"
    NURSE = "nurse", "保健室の 先生"
    COUNSELLOR = "counsellor", "スクールカウンセラー"
    OTHER = "other", "ほかの 先生"
    OUTSIDE = "outside", "学校の 外の 人"
    ANYONE = "anyone", "だれでも いい"


class Topic(models.TextChoices):
    FRIENDS = "friends", "友だち"
    STUDY = "study", "勉強"
    HOME = "home", "家"
    BODY = "body", "体や 心"
    FUTURE = "future", "これからの こと"
    NET = "net", "ネット"
    UNSAID = "unsaid", "うまく 言えない"


class HelpState(models.TextChoices):
    SENT = "sent", "送りました"
    SEEN = "seen", "見ました"
    ANSWERED = "answered", "返事が 来ました"
    CANCELLED = "cancelled", "取り消しました"


# Those nobody has looked at, the longest waiting first; then the others, the newest first.
UNSEEN_FIRST = (
    Case(When(state=HelpState.SENT, then=0), default=1),
    Case(When(state=HelpState.SENT, then=F("sent_at"))),
    "-sent_at",
)


class HelpRequestQuerySet(SealedQuerySet):
    def visible_to(self, user):
        """The wishes of students this member of staff cares for, or the student's own."""
        if may(user, "help.answer"):
            return self.filter(students_under_care(user))
        return self.filter(student__user=user.pk)

    def waiting(self):
        """Nobody has looked yet, the longest waiting first."""
        return self.filter(state=HelpState.SENT).order_by("sent_at")

    def open(self):
        return self.filter(state__in=[HelpState.SENT, HelpState.SEEN])


class HelpRequest(SealedRow):
    """A wish to talk: sealed {role, topic, words, reply}. Its key needs no consent ("helpline")."""

    state = models.CharField(
        "状態", max_length=10, choices=HelpState.choices, default=HelpState.SENT
    )
    form_key = models.UUIDField(editable=False)
    sent_at = models.DateTimeField("送った時", default=timezone.now)
    seen_at = models.DateTimeField("見た時", null=True, blank=True)
    seen_role = models.CharField("見た人の立場", max_length=40, blank=True)
    answered_at = models.DateTimeField("返事の時", null=True, blank=True)

    objects = HelpRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "話したい(相談の希望)"
        ordering = ["sent_at"]
        constraints = [
            choices_check("state", HelpState),
            models.UniqueConstraint(fields=["student", "form_key"], name="help_form_once"),
        ]

    def __str__(self):
        return f"話したい ({self.get_state_display()})"


class HelpReply(SealedRow):
    """What a member of staff answered, sealed {words}. Appended, never changed."""

    request = models.ForeignKey(HelpRequest, on_delete=models.PROTECT, related_name="replies")
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    form_key = models.UUIDField(editable=False)  # made when the form opens: twice sent is once
    replied_role = models.CharField("立場", max_length=40)
    replied_at = models.DateTimeField("いつ", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "返事"
        ordering = ["replied_at"]
        constraints = [
            models.UniqueConstraint(fields=["request", "form_key"], name="help_reply_form_once")
        ]
        triggers = append_only()

    def __str__(self):
        return f"返事 ({self.replied_at:%Y-%m-%d %H:%M})"
