"""Purposes, who decides about them, and for how long: a municipality's policy as data."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.constraints import array_choices_check, check, choices_checks, not_before, unique
from apps.core.models import PhoneField, UUIDModel
from apps.people.models import Municipality, Role


class Purpose(models.TextChoices):
    """What data is used, from which source, for what. Each is agreed to and withdrawn separately."""

    CHECKIN_REVIEW = "checkin_review", "チェックインの答えを 先生が 見まもりに 使う"
    ATTENDANCE = "attendance", "出席のようす"
    NURSE_ROOM = "nurse_room", "保健室に 来た 回数"
    GRADES = "grades", "成績の 大きな 変化"
    MOOD_WEATHER = "mood_weather", "心の天気"
    STUDY_LOG = "study_log", "学習の きろく"
    HOUSEHOLD = "household", "世帯の 人数(区分)"
    INCOME = "income", "所得の 区分"
    ALLOWANCES = "allowances", "手当などの 受給(有無)"
    EVALUATION = "evaluation", "名前を 消して 取り組みの 検証に 使う"


class Party(models.TextChoices):
    GUARDIAN = "guardian", "保護者"
    STUDENT = "student", "本人"


class Response(models.TextChoices):
    GIVEN = "given", "同意"
    REFUSED = "refused", "不同意"
    LATER = "later", "あとで"
    UNSURE = "unsure", "わからない、話を聞きたい"
    WITHDRAWN = "withdrawn", "取り下げ"


class Decider(models.TextChoices):
    BOTH = "both", "保護者と 本人の 両方"
    GUARDIAN = "guardian", "保護者(本人が ことわれば つながない)"


class Channel(models.TextChoices):
    WEB = "web", "この サイト"
    PAPER = "paper", "紙"
    TELEPHONE = "telephone", "電話"


class Programme(UUIDModel):
    """The term of the programme, and who is responsible; every consent ends with it.

    Unknown fields stay empty; receipts then say so.
    """

    municipality = models.OneToOneField(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="programme"
    )
    title = models.CharField("取り組みの名前", max_length=120)
    begins_on = models.DateField("はじまり")
    ends_on = models.DateField("おわり")
    contact = models.CharField("問い合わせ先の部署", max_length=120, blank=True)
    address = models.CharField("住所", max_length=200, blank=True)
    email = models.EmailField("メール", blank=True)
    phone = PhoneField("電話", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "取り組みの期間"
        constraints = [
            check(
                "programme_ends_after_begin",
                not_before("ends_on", "begins_on"),
                "おわりの日は、はじまりの日より前にできません。",
            )
        ]

    def __str__(self):
        return self.title


class PurposePolicyQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(is_offered=True)


class PurposePolicy(UUIDModel):
    """How a municipality handles a purpose: who decides, when, who may read, retention time.

    Readers, days and deciders may be stricter than in the document in force, never wider: for more
    than was agreed to, a new document is published and everybody is asked again.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    purpose = models.CharField("利用目的", max_length=20, choices=Purpose.choices)
    is_offered = models.BooleanField("たずねる", default=True)
    decider = models.CharField("だれが決める", max_length=10, choices=Decider.choices)
    alone_from_age = models.PositiveSmallIntegerField(
        "本人だけで決める年齢", null=True, blank=True, help_text="空なら、何歳でも上のとおり。"
    )
    begins_on = models.DateField("はじまり(空なら取り組みの期間)", null=True, blank=True)
    ends_on = models.DateField("おわり(空なら取り組みの期間)", null=True, blank=True)
    readers = ArrayField(
        models.CharField(max_length=20, choices=Role.choices),
        verbose_name="内容を開ける立場",
        default=list,
        blank=True,
    )
    kept_days = models.PositiveSmallIntegerField("残す日数", default=365)
    order = models.PositiveSmallIntegerField("順番", default=0)

    objects = PurposePolicyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "利用目的の決まり"
        ordering = ["order"]
        constraints = [
            unique(
                ["municipality", "purpose"],
                name="policy_once",
                message="この利用目的の決まりは、もうあります。",
            ),
            check(
                "policy_ends_after_begin",
                Q(begins_on=None) | Q(ends_on=None) | Q(ends_on__gte=models.F("begins_on")),
                "おわりの日は、はじまりの日より前にできません。",
            ),
            check(
                "policy_age_plausible",
                Q(alone_from_age=None) | Q(alone_from_age__range=(12, 20)),
                "本人だけで決める年齢は、12歳から20歳までです。",
            ),
            *choices_checks(purpose=Purpose, decider=Decider),
            array_choices_check("readers", Role),
        ]

    def __str__(self):
        return self.get_purpose_display()
