"""Texts that the helpdesk answers with again and again."""

from django.db import models

from apps.core.constraints import choices_check, unique
from apps.core.models import UUIDModel
from apps.helpdesk.models.choices import SupportTopic
from apps.people.models import Municipality


class AnswerTemplate(UUIDModel):
    """One text of a municipality; it speaks of nobody."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    topic = models.CharField("何のこと", max_length=14, choices=SupportTopic.choices)
    title = models.CharField("見出し", max_length=60)
    body = models.TextField("文", max_length=1000)

    class Meta:
        verbose_name = verbose_name_plural = "返事の文例"
        ordering = ["topic", "title"]
        constraints = [
            choices_check("topic", SupportTopic),
            unique(["municipality", "title"], name="answer_template_once",
                   message="同じ見出しの文例があります。"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title
