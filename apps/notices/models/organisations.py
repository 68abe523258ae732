"""Models of the directory: support organisations, their hours, and their verifications."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.clock import today
from apps.core.constraints import check, choices_check, not_before
from apps.core.models import PhoneField, UUIDModel, append_only
from apps.core.templatetags.japanese import plain
from apps.notices.models.choices import OrganisationIcon, PublishState, SupportNeed
from apps.people.models import Municipality

VERIFICATION_LASTS = timedelta(days=180)


class SupportOrganisationQuerySet(models.QuerySet):
    def published(self):
        return self.filter(state=PublishState.PUBLISHED)

    def for_municipality(self, municipality_id):
        """The municipality's own organisations and the national ones."""
        return self.filter(Q(municipality=None) | Q(municipality=municipality_id))

    def stale(self):
        """Organisations not checked for FRESH_FOR, or never, that are public or a draft."""
        overdue = Q(verified_on=None) | Q(verified_on__lt=today() - VERIFICATION_LASTS)
        return self.filter(overdue).exclude(state=PublishState.WITHDRAWN)


class SupportOrganisation(UUIDModel):
    """An organisation to ask for help. Published only with a source and the day somebody verified
    it.

    Texts have ruby, except ``address``. ``municipality`` empty means the whole country.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", null=True, blank=True, on_delete=models.PROTECT,
        db_index=False,
    )  # fmt: skip
    name = models.CharField("名前", max_length=120)
    mark = models.CharField("しるし", max_length=8, choices=OrganisationIcon.choices, blank=True)
    summary = models.CharField("ひとこと", max_length=200, blank=True)
    needs = ArrayField(
        models.CharField(max_length=8), verbose_name="どんな ことに", default=list, blank=True
    )
    helps_with = models.TextField("どんな とき", blank=True)
    for_whom = models.CharField("だれの", max_length=120, blank=True)
    phone = PhoneField("電話", max_length=120, blank=True)
    chat_url = models.URLField("チャット", blank=True)
    line_url = models.URLField("LINE", blank=True)
    web_url = models.URLField("ホームページ", blank=True)
    place = models.CharField("場所", max_length=200, blank=True)
    address = models.CharField("住所(地図を開くため)", max_length=200, blank=True)
    hours_note = models.CharField("時間の 言葉", max_length=200, blank=True)
    is_always_open = models.BooleanField("24時間", default=False)
    rests_on_holidays = models.BooleanField("祝日は休み", default=False)
    cost = models.CharField("お金", max_length=80, blank=True)
    is_anonymous = models.BooleanField("名前を 言わなくて いい", default=False)
    languages = models.CharField("言葉(言語)", max_length=120, blank=True)
    first_talk = models.TextField("はじめて 話すとき", blank=True)
    is_emergency = models.BooleanField("いのちの 番号(110・119)", default=False)
    order = models.PositiveSmallIntegerField("順番", default=100)
    state = models.CharField(
        "状態", max_length=10, choices=PublishState.choices, default=PublishState.DRAFT
    )
    verified_on = models.DateField("確かめた日", null=True, blank=True)
    verified_by = models.CharField("確かめた人", max_length=80, blank=True)
    source_url = models.CharField("もとの情報", max_length=300, blank=True)
    # Ids of the accounts that changed what readers act on since it was last published.
    changed_by = ArrayField(models.UUIDField(), default=list, blank=True, editable=False)

    objects = SupportOrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "相談・支援の窓口"
        ordering = ["order", "name"]
        constraints = [
            choices_check("state", PublishState),
            check(
                "mark_is_drawn",
                Q(mark="") | Q(mark__in=OrganisationIcon.values),
                "このしるしは選べません。",
            ),
            check(
                "needs_are_known",
                Q(needs__contained_by=SupportNeed.values),
                "この「どんなことに」は選べません。",
            ),
            check(
                "published_is_verified",
                ~Q(state="published") | (Q(verified_on__isnull=False) & ~Q(source_url="")),
                "公開するには、もとの情報と確かめた日が要ります。",
            ),
        ]

    def __str__(self):
        return plain(self.name)

    @property
    def is_stale(self):
        """Whether it was not checked for FRESH_FOR."""
        return self.verified_on is None or today() - self.verified_on > VERIFICATION_LASTS


class OpeningHours(UUIDModel):
    """One opening on one weekday, Monday 0 to Sunday 6.

    ``closes_at`` before ``opens_at`` is the next morning.
    """

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
            check("weekday_of_seven", Q(weekday__lte=6), "曜日は月から日までです。"),
            check(
                "opening_has_length",
                ~Q(closes_at=models.F("opens_at")),
                "はじまりと おわりを、べつの 時刻に してください。",
            ),
        ]

    def __str__(self):
        return f"{'月火水木金土日'[self.weekday]} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class HoursException(UUIDModel):
    """Days with other hours, or none (both times empty: closed). Both ends included.

    With ``every_year`` only month and day count: 12-29 to 01-03 closes each New Year.
    """

    organisation = models.ForeignKey(
        SupportOrganisation, on_delete=models.CASCADE, related_name="exceptions"
    )
    begins_on = models.DateField("はじめの日")
    ends_on = models.DateField("おわりの日")
    every_year = models.BooleanField("毎年", default=False)
    opens_at = models.TimeField("はじまり(空なら休み)", null=True, blank=True)
    closes_at = models.TimeField("おわり", null=True, blank=True)
    note = models.CharField("ひとこと", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "いつもと ちがう日"
        ordering = ["begins_on"]
        constraints = [
            check(
                "exception_ends_after_it_begins",
                not_before("ends_on", "begins_on"),
                "おわりの日は、はじめの日より前にできません。",
            ),
            check(
                "exception_has_both_times_or_none",
                Q(opens_at=None, closes_at=None)
                | Q(opens_at__isnull=False, closes_at__isnull=False)
                & ~Q(closes_at=models.F("opens_at")),
                "はじまりと おわりは、両方 入れるか、両方 空に してください。",
            ),
        ]

    def __str__(self):
        return f"{self.begins_on} – {self.ends_on}"


class Verification(UUIDModel):
    """A check of an organisation against its source by a person. Rows are only added."""

    organisation = models.ForeignKey(
        SupportOrganisation, on_delete=models.PROTECT, related_name="verifications"
    )
    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="だれが", on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField("いつ", default=clock.now)
    source_url = models.CharField("もとの情報", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "窓口の確かめ"
        ordering = ["-at"]
        triggers = append_only()

    def __str__(self):
        return f"{self.at:%Y-%m-%d}"
