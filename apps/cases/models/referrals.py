"""Referrals to organisations, the links by which these answer, and their answers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.cases import SupportCase
from apps.cases.models.notes import CaseNote
from apps.core import clock
from apps.core.constraints import both_or_neither, check, choices_check, unique
from apps.core.models import UUIDModel, append_only_while_readable
from apps.notices.models import SupportOrganisation
from apps.people.models import Municipality


class ReferralConsent(models.TextChoices):
    """Who of the family agreed to a referral."""

    CHILD = "child", _("本人が望んだ・うなずいた")
    GUARDIAN = "guardian", _("保護者が望んだ・うなずいた")
    BOTH = "both", _("本人も保護者も望んだ")
    NOBODY = "nobody", _("だれにもまだ聞いていない")


class Referral(CaseNote):
    """A referral: encrypted {words, parts, why_alone}.

    ``parts`` are what else the sheet shows (SheetPart), ``why_alone`` why nobody was asked.
    """

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="referrals", db_index=False
    )
    organisation = models.ForeignKey(
        SupportOrganisation, verbose_name="窓口", on_delete=models.PROTECT, related_name="+"
    )
    agreed_by = models.CharField(
        "だれが望んだか", max_length=10, choices=ReferralConsent.choices,
        default=ReferralConsent.NOBODY,
    )  # fmt: skip

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "紹介"
        constraints = [*CaseNote.Meta.constraints, choices_check("agreed_by", ReferralConsent)]

    def __str__(self) -> str:
        return f"{self.organisation} を紹介"


class SheetPart(models.TextChoices):
    """What the printed sheet of a referral shows besides the written words."""

    NAME = "name", _("生徒の氏名")
    SCHOOL_CLASS = "school_class", _("学校と学級")
    GOALS = "goals", _("支援計画のめあて")


class ReferralLink(UUIDModel):
    """A link by which an organisation answers a referral; it names nobody.

    Its address holds this row's id, encrypted; it ends by itself, or is revoked.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="links")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="作った人", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    made_at = models.DateTimeField("作った時", default=clock.now)
    expires_at = models.DateTimeField("使える期限")
    revoked_at = models.DateTimeField("止めた時", null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="止めた人", null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = "返事のリンク"
        ordering = ["-made_at"]
        constraints = [
            unique(["referral"], name="referral_one_link", condition=models.Q(revoked_at=None)),
            check("referral_link_revoked_whole", both_or_neither("revoked_at", "revoked_by")),
        ]

    def __str__(self) -> str:
        return f"返事のリンク ({self.made_at:%Y-%m-%d})"


class ReferralAnswerKind(models.TextChoices):
    ACCEPTED = "accepted", _("引き受けます")
    FULL = "full", _("いまは受けられません(空きがない)")
    NOT_OURS = "not_ours", _("受けられません(こちらの仕事ではない)")
    UNREACHED = "unreached", _("本人や家庭と連絡がつきませんでした")
    OTHER = "other", _("受けられません(ほかの理由)")
    STARTED = "started", _("支援をはじめました")
    ENDED = "ended", _("支援を終わりました")


class ReferralAnswer(UUIDModel):
    """What the organisation answered: by its link, or told to staff who entered it. Append-only."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    referral = models.ForeignKey(
        Referral, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    kind = models.CharField("返事", max_length=10, choices=ReferralAnswerKind.choices)
    link = models.ForeignKey(
        ReferralLink, null=True, on_delete=models.PROTECT, related_name="answers"
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="書いた人", null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    answered_at = models.DateTimeField("いつ", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "紹介への返事"
        ordering = ["answered_at"]
        constraints = [
            choices_check("kind", ReferralAnswerKind),
            unique(["referral", "kind"], name="referral_answer_once"),
            check(
                "referral_answer_by_one",
                models.Q(link=None, entered_by__isnull=False)
                | models.Q(link__isnull=False, entered_by=None),
            ),
        ]
        triggers = append_only_while_readable(
            "(SELECT key_id FROM cases_referral WHERE id = OLD.referral_id)"
        )

    def __str__(self) -> str:
        return self.get_kind_display()
