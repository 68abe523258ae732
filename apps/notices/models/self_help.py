"""Which self-help cards a municipality shows: proposed by one person, approved by a counsellor."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import both_or_neither, check, choices_check, two_people, unique
from apps.core.models import UUIDModel
from apps.notices.self_help_cards import CARDS_BY_CODE
from apps.people.models import Municipality


class SelfHelpTopic(models.TextChoices):
    """The cards there are (apps.notices.self_help_cards)."""

    SLEEP = "sleep"
    TEMPER = "temper"
    QUARREL = "quarrel"
    NET = "net"
    FAMILY = "family"
    BODY = "body"


class SelfHelpApprovalQuerySet(models.QuerySet):
    def standing(self) -> models.QuerySet:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)


class SelfHelpApproval(UUIDModel):
    """That a municipality shows a card, in the words of this digest. Nothing says who reads it."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    topic = models.CharField("カード", max_length=10, choices=SelfHelpTopic.choices)
    digest = models.CharField("文の要約値", max_length=16)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="たのんだ人", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    proposed_at = models.DateTimeField("たのんだ時", default=clock.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    approved_at = models.DateTimeField("確かめた時", null=True, blank=True)
    withdrawn_at = models.DateTimeField("取り下げた時", null=True, blank=True)

    objects = SelfHelpApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "自分でできることのカード"
        constraints = [
            choices_check("topic", SelfHelpTopic),
            unique(
                ["municipality", "topic"], name="self_help_one_standing",
                condition=Q(withdrawn_at=None),
            ),
            check("self_help_second_person", two_people("approved_by", "proposed_by")),
            check("self_help_approval_whole", both_or_neither("approved_by", "approved_at")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(CARDS_BY_CODE[self.topic].title)
