"""Conversations with a student or guardian about a case: what was confirmed, topic by topic."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.cases import SupportCase
from apps.cases.models.notes import CaseNote
from apps.core.constraints import array_choices_check, choices_check
from apps.people.models import Role


class Partner(models.TextChoices):
    """With whom staff spoke."""

    STUDENT = "student", _("本人")
    GUARDIAN = "guardian", _("保護者")


class ConversationTopic(models.TextChoices):
    FEELINGS = "feelings", _("気持ち")
    HOME = "home", _("家")
    SCHOOL = "school", _("学校")
    BODY = "body", _("体")
    PEOPLE = "people", _("話せる人")


class TopicState(models.TextChoices):
    CONFIRMED = "confirmed", _("確認した")
    NOT_YET = "not_yet", _("まだ")
    NO_WISH = "no_wish", _("話したくない")


class Conversation(CaseNote):
    """One conversation: encrypted {words, on, topics, wants, not_known, guardian, name}.

    topics: {ConversationTopic: TopicState}; wants and not_known: the person's own wish; guardian
    and name: which guardian. ``kept_from``: roles that neither read it nor learn of it, because the student said so.
    """

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    partner = models.CharField("だれと", max_length=8, choices=Partner.choices)
    kept_from = ArrayField(
        models.CharField(max_length=20, choices=Role.choices), verbose_name="見せない立場",
        default=list, blank=True,
    )  # fmt: skip

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "話したことの確認"
        constraints = [
            *CaseNote.Meta.constraints,
            choices_check("partner", Partner),
            array_choices_check("kept_from", Role),
        ]

    def __str__(self) -> str:
        return f"{self.get_partner_display()}と話した ({self.written_at:%Y-%m-%d})"
