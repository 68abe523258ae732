"""The questions, version by version, and a student's sealed answers."""

from django.db import connections, models, router
from django.utils import timezone

from apps.core.models import UUIDModel, choices_check
from apps.people.permissions import may, students_under_care
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
    """One answer somebody may choose. ``value`` is what is kept, ``order`` where it stands."""

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="choices")
    order = models.PositiveSmallIntegerField("順番")
    value = models.SmallIntegerField("値")
    label = models.CharField("言葉", max_length=60)
    picture = models.CharField("絵", max_length=20, blank=True)  # a symbol of the sprite

    class Meta:
        verbose_name = verbose_name_plural = "選択肢"
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["question", "value"], name="choice_value_once")
        ]

    def __str__(self):
        return self.label


class CheckInQuerySet(SealedQuerySet):
    def visible_to(self, user):
        """The rows of students this member of staff cares for, or the student's own."""
        if may(user, "checkins.view"):
            return self.filter(students_under_care(user))
        return self.filter(student__user=user.pk)

    def of_day(self, student, day):
        return self.filter(student=student, answered_on=day)

    def insert_once(self, rows):
        """INSERT … ON CONFLICT DO NOTHING, one statement; the ids of the rows that went in.

        The ORM's ``ignore_conflicts`` does not say which they were.
        """
        if not rows:
            return set()
        fields = self.model._meta.concrete_fields
        connection = connections[router.db_for_write(self.model)]
        places = f"({', '.join(['%s'] * len(fields))})"
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{self.model._meta.db_table}" '  # noqa: S608 - names from the model
                f"({', '.join(field.column for field in fields)}) "
                f"VALUES {', '.join([places] * len(rows))} ON CONFLICT DO NOTHING RETURNING id",
                [
                    field.get_db_prep_save(field.value_from_object(row), connection)
                    for row in rows
                    for field in fields
                ],
            )
            new = {pk for (pk,) in cursor.fetchall()}
        for row in rows:
            row._state.adding = row.pk not in new
        return new


class CheckIn(SealedRow):
    """One submitted check-in, sealed: {question code: value or text}; a skipped one is absent.

    ``client_key`` is made when the form opens. The same key with the same body is one check-in
    sent twice; with another body it is a second one, kept and flagged, never lost.
    ``body_digest`` names the body under the student's own key: a plain hash of so few possible
    answers could be guessed by trying them all, and would outlive a withdrawal.
    """

    question_set = models.ForeignKey(
        QuestionSet, verbose_name="質問の組", on_delete=models.PROTECT, related_name="+"
    )
    client_key = models.UUIDField(editable=False)
    body_digest = models.BinaryField(editable=False)
    is_conflict = models.BooleanField("同じ用紙の 別の答え", default=False)
    answered_on = models.DateField("いつの分")
    received_at = models.DateTimeField("届いた時", default=timezone.now)

    objects = CheckInQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "チェックイン"
        constraints = [
            models.UniqueConstraint(
                fields=["student", "client_key", "body_digest"], name="checkin_body_once"
            ),
            models.UniqueConstraint(
                fields=["student", "client_key"],
                condition=models.Q(is_conflict=False),
                name="checkin_one_per_form",
            ),
        ]
        indexes = [models.Index(fields=["student", "-answered_on"], name="checkin_by_day")]

    def __str__(self):
        return f"{self.answered_on} のチェックイン"


class DeliveryKey(UUIDModel):
    """A key pair of one day, to which pages seal answers that wait on a tablet.

    The private half is wrapped by the key ring. It is deleted once no ticket of that day is
    valid: what is still on a tablet then, nobody opens any more.
    """

    made_on = models.DateField("いつの鍵", unique=True)
    public = models.BinaryField()
    ring_key = models.CharField("包んだ鍵", max_length=20)
    wrapped = models.BinaryField()

    class Meta:
        verbose_name = verbose_name_plural = "預かりの鍵"

    def __str__(self):
        return f"{self.made_on} の鍵"
