"""Question sets in versions, check-ins with encrypted answers, and settings."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from uuid_utils.compat import uuid7

from apps.checkins import frequency_rules
from apps.checkins.staff_word_models import StaffWord
from apps.checkins.withheld_models import WithheldWords, WordsExclusion, WordsReaders
from apps.core import clock
from apps.core.compact_fields import CodeField, numbers_in_words
from apps.core.constraints import check, choices_check, two_people, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality, Role, School, Student
from apps.people.permissions import may, students_where
from apps.vault.key_ring_columns import RingColumn
from apps.vault.models import SealedQuerySet
from apps.vault.unchecked_models import UncheckedSealedRow

__all__ = [
    "CheckIn",
    "CheckInFrequency",
    "CheckInSettings",
    "ChosenFrequency",
    "DeliveryKey",
    "Question",
    "QuestionChoice",
    "QuestionKind",
    "QuestionSet",
    "StaffWord",
    "WithheldWords",
    "WordsExclusion",
    "WordsReaders",
]


class QuestionKind(models.TextChoices):
    SCALE = "scale", "えらぶ"
    TEXT = "text", "書く"


class QuestionSetQuerySet(models.QuerySet):
    def current(self):
        return self.exclude(published_at=None).filter(retired_at=None)

    def known_to(self, municipality_ids):
        """The shipped sets, and those of these municipalities."""
        return self.filter(
            models.Q(municipality=None) | models.Q(municipality__in=municipality_ids)
        )


class QuestionSet(UUIDModel):
    """One version of a set of questions. Answers name the version they answer.

    Without a municipality it is shipped for all. Once a city has published a version of its
    own under a code, only its own versions are used there; after retiring the last, none.
    A city's version is written by one person and checked by another.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", null=True, blank=True, on_delete=models.PROTECT,
        db_index=False,
    )  # fmt: skip
    code = models.SlugField("種類", max_length=20, db_index=False)  # daily, weekly, who5
    version = models.PositiveSmallIntegerField("版")
    title = models.CharField("題", max_length=100)
    lead = models.CharField("はじめの言葉", max_length=300)
    every_days = models.PositiveSmallIntegerField("何日ごとに", default=7)
    needs_permission = models.BooleanField("許諾が要る", default=False)
    permission = models.CharField("許諾の番号・日付", max_length=200, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="書いた人", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    checked_at = models.DateTimeField("確かめた時", null=True, blank=True, editable=False)
    checked_digest = models.CharField(
        "確かめた文の要約値", max_length=43, blank=True, editable=False
    )
    published_at = models.DateTimeField("使いはじめ", null=True, blank=True)
    retired_at = models.DateTimeField("使いおわり", null=True, blank=True)

    objects = QuestionSetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "質問の組"
        constraints = [
            unique(
                ["municipality", "code", "version"],
                name="question_set_version_once",
                message="この種類のこの版は、もうあります。",
                nulls_distinct=False,
            ),
            unique(
                ["municipality", "code"],
                name="question_set_one_current",
                condition=models.Q(published_at__isnull=False, retired_at=None),
                message="この種類で使われている版は、もうあります。",
                nulls_distinct=False,
            ),
            check(
                "question_set_permitted",
                models.Q(needs_permission=False)
                | models.Q(published_at=None)
                | ~models.Q(permission=""),
                "この質問を出すには、使うことの許しの記録が要ります。",
            ),
            check(
                "question_set_second_person",
                two_people("checked_by", "written_by"),
                "書いた人とは別の人が確かめてください。",
            ),
            check(
                "question_set_check_whole",
                models.Q(checked_by=None, checked_at=None, checked_digest="")
                | models.Q(checked_by__isnull=False, checked_at__isnull=False)
                & ~models.Q(checked_digest=""),
                "確かめた人・時・文面を、そろえてください。",
            ),
            # Shipped versions have no author; nor have those retired at once, never asked.
            check(
                "question_set_two_people",
                models.Q(published_at=None)
                | models.Q(written_by=None)
                | models.Q(checked_by__isnull=False)
                | models.Q(retired_at__isnull=False, retired_at=models.F("published_at")),
                "公開の前に、書いた人とは別の人が確かめてください。",
            ),
        ]

    def __str__(self):
        return f"{self.code} 第{self.version}版"


class Question(UUIDModel):
    """One question, with ruby. ``code`` identifies it across versions (mood, body, sleep…)."""

    question_set = models.ForeignKey(
        QuestionSet,
        on_delete=models.PROTECT,
        related_name="questions",
        db_index=False,
    )
    order = models.PositiveSmallIntegerField("順番")
    code = models.CharField("記号", max_length=20)
    text = models.CharField("質問", max_length=300, blank=True)  # blank: not shipped
    hint = models.CharField("そえる言葉", max_length=300, blank=True)
    kind = models.CharField("形", max_length=10, choices=QuestionKind.choices)

    class Meta:
        verbose_name = verbose_name_plural = "質問"
        ordering = ["order"]
        constraints = [
            unique(
                ["question_set", "code"],
                name="question_code_once",
                message="同じ記号の質問が、この組にもうあります。",
            ),
            choices_check("kind", QuestionKind),
        ]

    def __str__(self):
        return self.text


class QuestionChoice(UUIDModel):
    """One choice. ``value`` is stored, ``order`` is its position."""

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="choices", db_index=False
    )
    order = models.PositiveSmallIntegerField("順番")
    value = models.SmallIntegerField("値")
    label = models.CharField("言葉", max_length=60)
    picture = models.CharField("絵", max_length=20, blank=True)  # a symbol of the SVG sprite

    class Meta:
        verbose_name = verbose_name_plural = "選択肢"
        ordering = ["order"]
        constraints = [unique(["question", "value"], name="choice_value_once")]

    def __str__(self):
        return self.label


class CheckInQuerySet(SealedQuerySet):
    def visible_to(self, user):
        """Check-ins of students this member of staff cares for, or the student's own."""
        if may(user, "checkins.view"):
            return self.filter(students_where(user, "checkins.view", "student__"))
        return self.filter(student__user=user.pk)

    def open_to_student(self, student):
        """Those of a student that whoever holds the PIN may see (``Student.is_open_to``)."""
        closed = student.closed_before
        if closed is None:
            return self
        return self.filter(
            received_at__gt=closed, answered_on__gte=closed.astimezone(clock.JST).date()
        )

    def of_day(self, student, day):
        return self.filter(student=student, answered_on=day)


PURPOSE_NUMBERS = {"checkin_review": 1}  # as a CodeField's: the one purpose of check-ins


def form_hash():
    """Eight bytes that stand for a student's form, for the index that refuses a second answer.

    Where two forms had the same eight bytes, the second would be stored and flagged.
    """
    of_student = models.Func(models.F("student"), models.Value(0), function="uuid_hash_extended")
    return models.Func(
        models.F("client_key"), of_student, function="uuid_hash_extended",
        output_field=models.BigIntegerField(),
    )  # fmt: skip


class CheckIn(UncheckedSealedRow):
    """One check-in, encrypted: {question code: value or text}, without skipped questions.

    ``client_key`` is made when the form opens. The same key with the same body is one check-in
    sent twice; with another body it is a second one, stored and flagged.
    ``body_digest`` (8 bytes) is keyed with the student's own key: a plain hash of so few possible
    answers could be found by trying them all, and would outlive a withdrawal.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = CodeField(
        "利用目的", numbers=PURPOSE_NUMBERS, db_comment=numbers_in_words(PURPOSE_NUMBERS)
    )
    key_id = models.UUIDField(editable=False)  # what it sealed is found by its student
    question_set = models.ForeignKey(
        QuestionSet, verbose_name="質問の組", on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    client_key = models.UUIDField(editable=False)
    body_digest = models.BinaryField(editable=False)
    is_conflict = models.BooleanField("同じ用紙の 別の答え", default=False)
    answered_on = models.DateField("いつの分")
    received_at = models.DateTimeField("届いた時", default=clock.now)
    seen_at = models.DateTimeField("はじめて 見た時", null=True, blank=True)
    seen_role = models.CharField("見た人の立場", max_length=20, blank=True, choices=Role.choices)

    objects = CheckInQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "チェックイン"
        constraints = [
            unique(
                ["student", "client_key", "body_digest"],
                name="checkin_body_once",
                condition=models.Q(is_conflict=True),
            ),
            models.UniqueConstraint(
                form_hash(), name="checkin_one_per_form", condition=models.Q(is_conflict=False)
            ),
            check("checkin_purpose_known", models.Q(purpose__in=list(PURPOSE_NUMBERS))),
            check("checkin_seen_role_valid", models.Q(seen_role__in=["", *Role.values])),
        ]
        indexes = [
            # a student's own days, and what staff see of a student
            models.Index(fields=["student", "answered_on"], name="checkin_by_day"),
            # a day of a school; what is past its retention
            BrinIndex(fields=["answered_on"], autosummarize=True, name="checkin_days"),
            # what arrived since a rule last looked
            BrinIndex(fields=["received_at"], autosummarize=True, name="checkin_arrivals"),
        ]

    def __str__(self):
        return f"{self.answered_on} のチェックイン"


class DeliveryKey(UUIDModel):
    """A key pair of one day, for encrypting answers that wait on a tablet.

    The private key is wrapped by the key ring. It is deleted once no ticket of that day is
    valid: what is still on a tablet then cannot be decrypted any more.
    """

    made_on = models.DateField("いつの鍵", unique=True)
    public = models.BinaryField()
    ring_key = models.CharField("包んだ鍵", max_length=20)
    wrapped = models.BinaryField()

    ring_columns = (
        RingColumn("wrapped", "delivery|{pk}|{made_on}", "ring_key", "delivery keys of a day"),
    )

    class Meta:
        verbose_name = verbose_name_plural = "預かりの鍵"

    def __str__(self):
        return f"{self.made_on} の鍵"


class CheckInFrequency(models.TextChoices):
    """How often a student wants to be asked."""

    DAILY = frequency_rules.DAILY, "毎日"
    THRICE = frequency_rules.THRICE, "週に 3回"
    WEEKLY = frequency_rules.WEEKLY, "週に 1回"
    REST = frequency_rules.REST, "いまは 休む"


class ChosenFrequency(UUIDModel):
    """The frequency a student chose; without a row it is every day."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.OneToOneField(Student, on_delete=models.PROTECT, related_name="frequency")
    frequency = models.CharField("どのくらい", max_length=10, choices=CheckInFrequency.choices)
    chosen_at = models.DateTimeField("えらんだ時", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "チェックインの回数"
        constraints = [choices_check("frequency", CheckInFrequency)]

    def __str__(self):
        return self.get_frequency_display()


class CheckInSettings(UUIDModel):
    """Settings of a school for check-ins."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    school = models.OneToOneField(School, verbose_name="学校", on_delete=models.PROTECT)
    tells_when_seen = models.BooleanField("見たことを生徒に伝える", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "チェックインの設定"

    def __str__(self):
        return str(self.school)
