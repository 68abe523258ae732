"""Purposes, who decides about them, and for how long: a municipality's policy as data."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.consent.models.choices import Decider, Purpose
from apps.core.constraints import array_choices_check, check, choices_checks, not_before, unique
from apps.core.models import PhoneField, UUIDModel
from apps.people.models import Municipality, Role


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
    asks_all_guardians = models.BooleanField(
        "判断する保護者の全員の同意がいる", default=False, db_default=False,
        help_text="入れないときは、一人の同意でつながります。どちらでも、だれかが不同意ならつながりません。",
    )  # fmt: skip
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
