"""Organisations that are easy to talk to, and the notices about them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.models import UUIDModel, choices_check
from apps.people.models import Municipality, School


class PublishState(models.TextChoices):
    DRAFT = "draft", "下書き"
    PUBLISHED = "published", "公開"
    WITHDRAWN = "withdrawn", "取り下げ"


class OrganisationQuerySet(models.QuerySet):
    def published(self):
        return self.filter(state=PublishState.PUBLISHED)

    def for_municipality(self, municipality_id):
        """The municipality's own and those of the whole country."""
        return self.filter(Q(municipality=None) | Q(municipality=municipality_id))


class SupportOrganisation(UUIDModel):
    """A place to talk to. Published only with a source and the day somebody verified it.

    Texts carry ruby. ``municipality`` empty means the whole country.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", null=True, blank=True, on_delete=models.PROTECT
    )
    name = models.CharField("名前", max_length=120)
    summary = models.CharField("ひとこと", max_length=200, blank=True)
    helps_with = models.TextField("どんな とき", blank=True)
    for_whom = models.CharField("だれの", max_length=120, blank=True)
    phone = models.CharField("電話", max_length=30, blank=True)
    web_url = models.URLField("ホームページ", blank=True)
    chat_url = models.URLField("チャット", blank=True)
    place = models.CharField("場所", max_length=200, blank=True)
    hours_note = models.CharField("時間の 言葉", max_length=200, blank=True)
    is_always_open = models.BooleanField("24時間", default=False)
    closed_note = models.CharField("休みの日", max_length=120, blank=True)
    cost = models.CharField("お金", max_length=80, blank=True)
    is_anonymous = models.BooleanField("名前を 言わなくて いい", default=False)
    is_emergency = models.BooleanField("いのちの 番号(110・119)", default=False)
    order = models.PositiveSmallIntegerField("順番", default=100)
    state = models.CharField(
        "状態", max_length=10, choices=PublishState.choices, default=PublishState.DRAFT
    )
    verified_on = models.DateField("確かめた日", null=True, blank=True)
    verified_by = models.CharField("確かめた人", max_length=80, blank=True)
    source_url = models.CharField("もとの情報", max_length=300, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "相談・支援の窓口"
        ordering = ["order", "name"]
        constraints = [
            choices_check("state", PublishState),
            models.CheckConstraint(
                condition=~Q(state="published")
                | (Q(verified_on__isnull=False) & ~Q(source_url="")),
                name="published_is_verified",
            ),
        ]

    def __str__(self):
        return self.name


class OpeningHours(UUIDModel):
    """One opening on one weekday, Monday 0 to Sunday 6; ``closes_at`` is after ``opens_at``."""

    organisation = models.ForeignKey(
        SupportOrganisation, on_delete=models.CASCADE, related_name="opening_hours"
    )
    weekday = models.PositiveSmallIntegerField("曜日")
    opens_at = models.TimeField("はじまり")
    closes_at = models.TimeField("おわり")

    class Meta:
        verbose_name = verbose_name_plural = "時間"
        ordering = ["weekday", "opens_at"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="weekday_of_seven"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=models.F("opens_at")), name="closes_after_opens"
            ),
        ]

    def __str__(self):
        return f"{'月火水木金土日'[self.weekday]} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class NoticeQuerySet(models.QuerySet):
    def current(self, now=None):
        """Published, its time has come and not yet over."""
        now = now or timezone.now()
        return self.filter(state=PublishState.PUBLISHED, publish_at__lte=now).filter(
            Q(expires_at=None) | Q(expires_at__gt=now)
        )


class Notice(UUIDModel):
    """Words about organisations for all students of an audience.

    The audience is a municipality, narrowed to schools and grades: there is no field that could
    express anything about a student.
    """

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
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
    state = models.CharField(
        "状態", max_length=10, choices=PublishState.choices, default=PublishState.DRAFT
    )
    publish_at = models.DateTimeField("出す時", default=timezone.now)
    expires_at = models.DateTimeField("おわる時", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="出した人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    rung_at = models.DateTimeField("通知を鳴らした時", null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "お知らせ"
        ordering = ["-publish_at"]
        constraints = [
            choices_check("state", PublishState),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=models.F("publish_at")),
                name="notice_ends_after_begin",
            ),
        ]

    def __str__(self):
        return self.title


class NoticeReceipt(models.Model):
    """That a notice stood in a person's inbox before their eyes, and was opened."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="receipts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_receipts"
    )
    shown_at = models.DateTimeField("見せた時", default=timezone.now)
    opened_at = models.DateTimeField("開いた時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "既読"
        constraints = [models.UniqueConstraint(fields=["notice", "user"], name="receipt_once")]

    def __str__(self):
        return f"既読 {self.shown_at:%Y-%m-%d}"
