"""The questions, version by version, and a student's sealed answers."""

from django.db import models
from django.utils import timezone

from apps.core.models import UUIDModel, choices_check
from apps.vault.models import SealedQuerySet, SealedRow


class QuestionKind(models.TextChoices):
    SCALE = "scale", "えらぶ"
    TEXT = "text", "書く"


class QuestionSetQuerySet(models.QuerySet):
    def current(self):
        return self.exclude(published_at=None).filter(retired_at=None)


class QuestionSet(UUIDModel):
    """One version of a set of questions. Answers name the version they answer."""

    code = models.CharField("種類", max_length=20)  # daily, weekly
    version = models.PositiveSmallIntegerField("版")
    title = models.CharField("題", max_length=100)
    lead = models.CharField("はじめの言葉", max_length=300)
    published_at = models.DateTimeField("使いはじめ", null=True, blank=True)
    retired_at = models.DateTimeField("使いおわり", null=True, blank=True)

    objects = QuestionSetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "質問の組"
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="question_set_version_once"),
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(published_at__isnull=False, retired_at=None),
                name="question_set_one_current",
            ),
        ]

    def __str__(self):
        return f"{self.code} 第{self.version}版"


class Question(UUIDModel):
    """Text carries ruby. ``code`` names what is asked across versions (mood, body, sleep…)."""

    question_set = models.ForeignKey(
        QuestionSet, on_delete=models.PROTECT, related_name="questions"
    )
    order = models.PositiveSmallIntegerField("順番")
    code = models.CharField("記号", max_length=20)
    text = models.CharField("質問", max_length=300)
    hint = models.CharField("そえる言葉", max_length=300, blank=True)
    kind = models.CharField("形", max_length=10, choices=QuestionKind.choices)

    class Meta:
        verbose_name = verbose_name_plural = "質問"
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["question_set", "code"], name="question_code_once"),
            choices_check("kind", QuestionKind),
        ]

    def __str__(self):
        return self.text


class Choice(UUIDModel):
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="choices")
    value = models.SmallIntegerField("値")
    label = models.CharField("言葉", max_length=60)
    picture = models.CharField("絵", max_length=20, blank=True)  # a symbol of the sprite

    class Meta:
        verbose_name = verbose_name_plural = "選択肢"
        ordering = ["-value"]
        constraints = [
            models.UniqueConstraint(fields=["question", "value"], name="choice_value_once")
        ]

    def __str__(self):
        return self.label


class CheckIn(SealedRow):
    """One submitted check-in, sealed: {question code: value or text}; a skipped one is absent.

    ``client_key`` is made when the form opens. The same key with the same body is one check-in
    sent twice; with another body it is a second one, kept and flagged, never lost.
    """

    question_set = models.ForeignKey(QuestionSet, on_delete=models.PROTECT, related_name="+")
    client_key = models.UUIDField(editable=False)
    body_sha256 = models.BinaryField(editable=False)
    is_conflict = models.BooleanField("同じ用紙の 別の答え", default=False)
    answered_on = models.DateField("いつの分")
    received_at = models.DateTimeField("届いた時", default=timezone.now)

    objects = SealedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "チェックイン"
        constraints = [
            models.UniqueConstraint(
                fields=["student", "client_key", "body_sha256"], name="checkin_body_once"
            )
        ]
        indexes = [models.Index(fields=["student", "-answered_on"], name="checkin_by_day")]

    def __str__(self):
        return f"{self.answered_on} のチェックイン"
