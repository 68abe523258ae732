"""Packs of a case handed to other bodies, and that 児童相談所 was told."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.cases import SupportCase
from apps.cases.models.notes import CaseNote
from apps.core.constraints import both_or_neither, check, choices_check, two_people, unique
from apps.core.models import gone_with


class Recipient(models.TextChoices):
    """To what kind of body a pack is handed."""

    GUIDANCE_CENTRE = "guidance_centre", _("児童相談所")
    COUNCIL = "council", _("要保護児童対策地域協議会(要対協)")
    SCHOOL = "school", _("ほかの学校")


class PackPart(models.TextChoices):
    """A part of a case that a pack may hold: chosen one by one."""

    EVIDENCE = "evidence", _("気づきと、その根拠")
    OBSERVATIONS = "observations", _("職員が見聞きしたこと")
    DECISIONS = "decisions", _("判断と理由")
    PLANS = "plans", _("支援計画と手だて")
    REFERRALS = "referrals", _("紹介と返事")
    OUTCOMES = "outcomes", _("結果")


class HandOver(CaseNote):
    """A pack of chosen parts: encrypted {words, to, parts}. words: why; to: the body's name.

    Nothing of it changes but the confirmation by a second person. In danger (``is_urgent``) the
    pack is handed over before that.
    """

    changes_later = ("confirmed_at", "confirmed_by")

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="hand_overs", db_index=False
    )
    number = models.PositiveIntegerField("番号")
    recipient = models.CharField("どこへ", max_length=16, choices=Recipient.choices)
    is_urgent = models.BooleanField("命や体があぶない", default=False)
    confirmed_at = models.DateTimeField("二人目が確かめた時", null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "引きつぎ資料"
        constraints = [
            *CaseNote.Meta.constraints,
            choices_check("recipient", Recipient),
            unique(["municipality", "number"], name="hand_over_number_once"),
            check("hand_over_two_people", two_people("confirmed_by", "written_by")),
            check("hand_over_confirmed_whole", both_or_neither("confirmed_at", "confirmed_by")),
        ]
        indexes = [
            # those that wait for a second person, on きょう
            models.Index(fields=["written_at"], condition=models.Q(confirmed_at=None),
                         name="hand_over_waits"),
        ]  # fmt: skip
        triggers = [
            *gone_with(),
            pgtrigger.ReadOnly(name="pack_stays", exclude=["confirmed_at", "confirmed_by"]),
        ]

    def __str__(self) -> str:
        return f"引きつぎ資料 第{self.number}号"

    @property
    def may_go_out(self) -> bool:
        """Whether it may be printed: a second person has confirmed it, or there is danger."""
        return self.is_urgent or self.confirmed_at is not None


class CentreReport(CaseNote):
    """That 児童相談所 was told (189): encrypted {words}. It never needs consent."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="centre_reports", db_index=False
    )

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "児童相談所への連絡"

    def __str__(self) -> str:
        return f"児童相談所への連絡 ({self.written_at:%Y-%m-%d})"
