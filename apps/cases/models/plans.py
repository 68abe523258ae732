"""Support plans of a case, their steps, and what became of each step."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.cases import SupportCase
from apps.cases.models.notes import CaseNote
from apps.core.constraints import choices_check


class AgreedWith(models.TextChoices):
    """Who of the family has agreed to something."""

    CHILD = "child", _("本人と決めた")
    GUARDIAN = "guardian", _("保護者と決めた")
    BOTH = "both", _("本人とも保護者とも決めた")
    NOT_YET = "not_yet", _("まだ話していない")


class SupportPlan(CaseNote):
    """Goals in the child's own terms: encrypted {words, why_not}; why_not: why nobody agreed yet."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="plans", db_index=False
    )
    review_on = models.DateField("次の確認")
    agreed_with = models.CharField(
        "だれと決めたか", max_length=10, choices=AgreedWith.choices, default=AgreedWith.NOT_YET
    )

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "支援計画"
        constraints = [*CaseNote.Meta.constraints, choices_check("agreed_with", AgreedWith)]

    def __str__(self) -> str:
        return f"支援計画 ({self.written_at:%Y-%m-%d})"


class PlanStep(CaseNote):
    """One step of a plan: encrypted {words, who}; who is a role in words where no assignee is."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="steps", db_index=False
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="する人", null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    until_on = models.DateField("いつまで")

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "手だて"

    def __str__(self) -> str:
        return f"手だて ({self.until_on})"


class StepResult(CaseNote):
    """Whether a step was done: encrypted {words}."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="step_results", db_index=False
    )
    step = models.ForeignKey(PlanStep, on_delete=models.PROTECT, related_name="results")
    is_done = models.BooleanField("できたか")

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "手だての結果"

    def __str__(self) -> str:
        return "できた" if self.is_done else "できなかった"
