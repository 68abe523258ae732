"""Models of notices: text, audience, receipts, and hand-outs on paper."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel, only_transitions
from apps.core.templatetags.japanese import plain
from apps.notices.models.choices import NoticeState
from apps.notices.models.organisations import SupportOrganisation
from apps.notices.notice_states import TRANSITIONS
from apps.people.audiences import StudentAudience
from apps.people.models import Municipality, School, SchoolClass


class NoticeQuerySet(models.QuerySet):
    def current(self, now=None):
        """Published notices whose time has come and is not over."""
        now = now or clock.now()
        return self.filter(state=NoticeState.PUBLISHED, publish_at__lte=now).filter(
            Q(expires_at=None) | Q(expires_at__gt=now)
        )

    def meant_for(self, students):
        """The notices whose audience includes one of these students: Notice.audience() inverted."""
        wanted = Q(pk__in=[])
        for student in students:
            wanted |= (
                Q(municipality=student.municipality_id)
                & (Q(schools=None) | Q(schools=student.school_id))
                & (Q(grades=[]) | Q(grades__contains=[student.grade]))
            )
        cities = {student.municipality_id for student in students}  # so that an index is used
        return self.filter(wanted, municipality__in=cities).distinct()


class Notice(UUIDModel):
    """A text about organisations for all students of an audience.

    The audience is a municipality, narrowed to schools and grades: there is no field that could
    express anything about a student. The author never publishes it.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    title = models.CharField("題", max_length=120)
    body = models.TextField("本文")
    organisations = models.ManyToManyField(
        SupportOrganisation, verbose_name="窓口", blank=True, related_name="notices"
    )
    schools = models.ManyToManyField(
        School, verbose_name="学校(空なら 全部)", blank=True, related_name="+"
    )
    grades = ArrayField(
        models.CharField(max_length=3), verbose_name="学年(空なら 全部)", default=list, blank=True
    )
    for_guardians = models.BooleanField("保護者にも", default=True)
    is_urgent = models.BooleanField("急ぎ", default=False)
    state = models.CharField(
        "状態", max_length=10, choices=NoticeState.choices, default=NoticeState.DRAFT
    )
    publish_at = models.DateTimeField("出す時", default=clock.now)
    expires_at = models.DateTimeField("おわる時", null=True, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="書いた人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    submitted_at = models.DateTimeField("確認をたのんだ時", null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめて出した人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    corrects = models.ForeignKey(
        "self", verbose_name="まえの お知らせ", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="corrections",
    )  # fmt: skip
    change_note = models.CharField("なおした ところ", max_length=200, blank=True)
    withdrawn_at = models.DateTimeField("取り下げた時", null=True, blank=True, editable=False)
    withdrawn_words = models.CharField("取り下げの 言葉", max_length=200, blank=True)
    push_sent_at = models.DateTimeField("通知を鳴らした時", null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "お知らせ"
        ordering = ["-publish_at"]
        constraints = [
            choices_check("state", NoticeState),
            check(
                "notice_ends_after_begin",
                Q(expires_at=None) | Q(expires_at__gt=F("publish_at")),
                "おわる時は、出す時より後にしてください。",
            ),
            check(
                "notice_needs_two_people",
                Q(written_by=None) | Q(published_by=None) | ~Q(published_by=F("written_by")),
                "書いた人とは別の人が確かめてください。",
            ),
            check(
                "published_notice_was_checked",
                ~Q(state="published") | Q(published_by__isnull=False),
                "公開するには、確かめた人が要ります。",
            ),
            check(
                "waiting_notice_has_an_author",
                ~Q(state="waiting") | Q(written_by__isnull=False, submitted_at__isnull=False),
                "確認をたのむには、書いた人が要ります。",
            ),
            unique(
                ["corrects"],
                name="one_correction_at_a_time",
                condition=~Q(state="withdrawn"),
                message="このお知らせの訂正は、もう書かれています。",
            ),
        ]
        indexes = [
            # what stands in an inbox, newest first
            models.Index(
                fields=["municipality", "-publish_at", "-id"],
                condition=Q(state="published"),
                name="notice_published",
            ),
            # whose push message is to be sent
            models.Index(
                fields=["publish_at"],
                condition=Q(state="published", push_sent_at=None),
                name="notice_push_due",
            ),
            # what was withdrawn within the last days
            models.Index(
                fields=["withdrawn_at"], condition=Q(state="withdrawn"), name="notice_withdrawn"
            ),
        ]
        triggers = only_transitions(TRANSITIONS)

    def __str__(self):
        return plain(self.title)

    def audience(self) -> StudentAudience:
        """The students it is for; guardians have it where ``for_guardians`` is set."""
        schools = tuple(self.schools.values_list("pk", flat=True))
        return StudentAudience(self.municipality_id, schools, tuple(self.grades))


class NoticeReceipt(models.Model):
    """When a notice was shown in a person's inbox, and when it was opened."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    notice = models.ForeignKey(
        Notice, on_delete=models.PROTECT, related_name="receipts", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_receipts"
    )
    shown_at = models.DateTimeField("見せた時", default=clock.now)
    opened_at = models.DateTimeField("開いた時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "既読"
        constraints = [unique(["notice", "user"], name="receipt_once")]

    def __str__(self):
        return f"既読 {self.shown_at:%Y-%m-%d}"


class PaperHandout(UUIDModel):
    """Records that a class has been given a notice on paper."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    notice = models.ForeignKey(
        Notice, on_delete=models.PROTECT, related_name="hand_outs", db_index=False
    )
    school_class = models.ForeignKey(SchoolClass, verbose_name="学級", on_delete=models.PROTECT)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField("いつ", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "紙で配った学級"
        constraints = [unique(["notice", "school_class"], name="hand_out_once")]

    def __str__(self):
        return f"{self.school_class} {self.at:%Y-%m-%d}"
