"""Schemes of support that the city lists, and what became of one in a case."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.cases import SupportCase
from apps.cases.models.notes import CaseNote
from apps.core.constraints import array_choices_check, choices_check, unique
from apps.core.models import UUIDModel
from apps.linkage.self_info_facts import SCHEMES
from apps.people.models import Municipality


class SchemeHint(models.TextChoices):
    """A fact that makes it worth asking about a scheme."""

    SINGLE_ADULT = "single_adult", _("おとなが1人の世帯")
    LOW_INCOME = "low_income", _("住民税が非課税か均等割のみ")


class Allowance(models.TextChoices):
    """The allowances of わたしの情報, by the codes under which they are kept."""

    CHILD = "child_allowance", SCHEMES["child_allowance"]
    CHILD_REARING = "child_rearing_allowance", SCHEMES["child_rearing_allowance"]
    SCHOOL_AID = "school_aid", SCHEMES["school_aid"]
    PUBLIC_ASSISTANCE = "public_assistance", SCHEMES["public_assistance"]
    DISABLED_CHILD = "disabled_child", SCHEMES["disabled_child"]


class Scheme(UUIDModel):
    """A scheme in the city's own words; a draft until the city has written them."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    name = models.CharField("名前", max_length=80)
    what = models.TextField("どんな制度か", max_length=600, blank=True)
    for_whom = models.TextField("だれのためか", max_length=600, blank=True)
    where_to_apply = models.TextField("どこに申しこむか", max_length=600, blank=True)
    hints = ArrayField(
        models.CharField(max_length=20, choices=SchemeHint.choices), verbose_name="すすめるとき",
        default=list, blank=True,
    )  # fmt: skip
    allowance = models.CharField(
        "わたしの情報での名前", max_length=30, choices=Allowance.choices, blank=True, default=""
    )
    is_draft = models.BooleanField("下書き", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "支援の制度"
        ordering = ["name"]
        constraints = [
            unique(
                ["municipality", "name"],
                name="scheme_once",
                message="同じ名前の制度があります。",
            ),
            array_choices_check("hints", SchemeHint),
            choices_check("allowance", Allowance, blank=True),
        ]

    def __str__(self) -> str:
        return f"{self.name}(下書き)" if self.is_draft else self.name


class SchemeState(models.TextChoices):
    TOLD = "told", _("案内した")
    APPLIED = "applied", _("申しこんだ")
    RECEIVED = "received", _("受けている")


class SchemeStep(CaseNote):
    """That a scheme was told, applied for or received: encrypted {words, scheme, state}.

    Only those who may read household, income and allowances read it: it tells of them.
    """

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="scheme_steps", db_index=False
    )

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "制度の案内"

    def __str__(self) -> str:
        return f"制度の案内 ({self.written_at:%Y-%m-%d})"
