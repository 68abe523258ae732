"""Signs: reasons to look at a student, found by rules."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.cases import SupportCase
from apps.cases.models.rules import Rule
from apps.cases.rule_kinds import POSITIVE_CODES
from apps.core import clock
from apps.core.constraints import choices_check, unique
from apps.people.models import Student
from apps.vault.models import SealedQuerySet, SealedRow, SubjectKey

SIGN_LIFETIME = timedelta(days=30)  # unless newer facts renew it


OTHER_KEY = {"student": models.OuterRef("student"), "purpose": models.OuterRef("rule__also")}


def lacks_other_key() -> models.Q:
    """Signs whose rule needs another purpose, to which nobody agrees any more."""
    other = SubjectKey.objects.filter(**OTHER_KEY)
    return ~models.Q(rule__also="") & ~models.Q(models.Exists(other))


def _has_other_key() -> models.Q:
    other = SubjectKey.objects.in_use().filter(**OTHER_KEY)
    return models.Q(rule__also="") | models.Q(models.Exists(other))


class SignState(models.TextChoices):
    OPEN = "open", _("出ています")
    EXPIRED = "expired", _("30日たちました")


class SignQuerySet(SealedQuerySet):
    def open(self) -> models.QuerySet:
        return self.filter(state=SignState.OPEN)

    def readable(self) -> models.QuerySet:
        """Rows whose key is in use, and the key of the other purpose that the rule needs."""
        return super().readable().filter(_has_other_key())

    def readable_one_by_one(self) -> models.QuerySet:
        return super().readable_one_by_one().filter(_has_other_key())

    def reasons_to_look(self) -> models.QuerySet:
        """Without the good signs, which open no case and stand in no queue."""
        return self.exclude(rule__code__in=POSITIVE_CODES)


class Sign(SealedRow):
    """A reason to look at a student, found by one rule version.

    Its evidence is encrypted: {items: the facts, sources: from where they came}.
    """

    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    case = models.ForeignKey(SupportCase, on_delete=models.PROTECT, related_name="signs")
    rule = models.ForeignKey(Rule, verbose_name="決まり", on_delete=models.PROTECT)
    state = models.CharField(
        "状態", max_length=10, choices=SignState.choices, default=SignState.OPEN
    )
    fingerprint = models.BinaryField(editable=False)  # keyed digest of the evidence
    raised_at = models.DateTimeField("できた時", default=clock.now)
    expires_at = models.DateTimeField("消える時")

    objects = SignQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = verbose_name_plural = "気づき"
        ordering = ["-raised_at"]
        constraints = [
            choices_check("state", SignState),
            unique(["student", "rule", "fingerprint"], name="sign_evidence_once"),
        ]
        indexes = [
            models.Index(  # those whose time is over
                fields=["expires_at"],
                condition=models.Q(state=SignState.OPEN),
                name="sign_open_until",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule.code} ({self.raised_at:%Y-%m-%d})"

    @property
    def is_positive(self) -> bool:
        """Whether it is a good sign."""
        return self.rule.code in POSITIVE_CODES

    @property
    def found_at(self) -> datetime:
        """When its evidence last changed: raised, or renewed by newer facts."""
        return self.expires_at - SIGN_LIFETIME
