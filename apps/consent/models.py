"""Purposes, the words in which they are explained, and who decided what."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models import UUIDModel, append_only, choices_check
from apps.people.models import Guardian, Municipality, Student


class Purpose(models.TextChoices):
    """What is used, from which source, for what. Each is given and taken back by itself."""

    CHECKIN_REVIEW = "checkin_review", "チェックインの答えを 先生が 見まもりに 使う"
    ATTENDANCE = "attendance", "出席のようす"
    NURSE_ROOM = "nurse_room", "保健室に 来た 回数"
    GRADES = "grades", "成績の 大きな 変化"
    MOOD_WEATHER = "mood_weather", "心の天気"
    STUDY_LOG = "study_log", "学習の きろく"
    HOUSEHOLD = "household", "世帯の 人数(区分)"
    INCOME = "income", "所得の 区分"
    ALLOWANCES = "allowances", "手当などの 受給(有無)"
    EVALUATION = "evaluation", "名前を 消して 取り組みの 検証に 使う"


class Party(models.TextChoices):
    GUARDIAN = "guardian", "保護者"
    STUDENT = "student", "本人"


class Response(models.TextChoices):
    GIVEN = "given", "同意"
    REFUSED = "refused", "不同意"
    LATER = "later", "あとで"
    WITHDRAWN = "withdrawn", "取り下げ"


class Decider(models.TextChoices):
    BOTH = "both", "保護者と 本人の 両方"
    GUARDIAN = "guardian", "保護者(本人が ことわれば つながない)"


class Channel(models.TextChoices):
    WEB = "web", "この サイト"
    PAPER = "paper", "紙"


class Programme(UUIDModel):
    """The term of the undertaking; every consent ends with it."""

    municipality = models.OneToOneField(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="programme"
    )
    title = models.CharField("取り組みの名前", max_length=120)
    begins_on = models.DateField("はじまり")
    ends_on = models.DateField("おわり")

    class Meta:
        verbose_name = verbose_name_plural = "取り組みの期間"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("begins_on")), name="programme_ends_after_begin"
            )
        ]

    def __str__(self):
        return self.title


class PurposePolicyQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(is_offered=True)


class PurposePolicy(UUIDModel):
    """Whether and how a municipality offers a purpose: who decides, how long it is kept."""

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    purpose = models.CharField("利用目的", max_length=20, choices=Purpose.choices)
    is_offered = models.BooleanField("たずねる", default=True)
    decider = models.CharField("だれが決める", max_length=10, choices=Decider.choices)
    kept_days = models.PositiveSmallIntegerField("残す日数", default=365)
    order = models.PositiveSmallIntegerField("順番", default=0)

    objects = PurposePolicyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "利用目的の決まり"
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "purpose"], name="policy_once"),
            choices_check("purpose", Purpose),
            choices_check("decider", Decider),
        ]

    def __str__(self):
        return self.get_purpose_display()


class ConsentDocumentQuerySet(models.QuerySet):
    def published(self):
        return self.exclude(published_at=None)

    def current(self):
        """The latest published version of each purpose."""
        newer = self.model.objects.published().filter(
            municipality=models.OuterRef("municipality"),
            purpose=models.OuterRef("purpose"),
            version__gt=models.OuterRef("version"),
        )
        return self.published().exclude(models.Exists(newer))


class ConsentDocument(UUIDModel):
    """One version of the words for one purpose, to the guardian and to the student.

    The student's words carry ruby (｜今日《きょう》). A published version is followed, never edited.
    """

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    purpose = models.CharField("利用目的", max_length=20, choices=Purpose.choices)
    version = models.PositiveSmallIntegerField("版")
    question = models.CharField("たずねる文", max_length=200)
    what = models.TextField("何を")
    what_not = models.TextField("使わないもの", blank=True)
    source = models.CharField("どこから", max_length=200)
    recipients = models.CharField("だれが見る", max_length=200)
    kept = models.CharField("いつまで", max_length=200)
    aim = models.TextField("何のために")
    student_question = models.CharField("生徒にたずねる文", max_length=300)
    student_words = models.TextField("生徒への説明")
    published_at = models.DateTimeField("公開した時", null=True, blank=True)

    objects = ConsentDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "説明文書"
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "purpose", "version"], name="document_version_once"
            ),
            choices_check("purpose", Purpose),
        ]

    def __str__(self):
        return f"{self.get_purpose_display()} 第{self.version}版"


class DocumentShown(models.Model):
    """That a document was on somebody's screen, answered or not."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    document = models.ForeignKey(ConsentDocument, on_delete=models.PROTECT)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shown_at = models.DateTimeField("見せた時", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "説明を見せた記録"
        constraints = [
            models.UniqueConstraint(
                fields=["document", "student", "user"], name="document_shown_once"
            )
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.document} ({self.shown_at:%Y-%m-%d %H:%M})"


class ConsentReceipt(UUIDModel):
    """What one person decided about one student in one go; a page that can be kept."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    student = models.ForeignKey(Student, verbose_name="生徒", on_delete=models.PROTECT)
    party = models.CharField("立場", max_length=10, choices=Party.choices)
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    channel = models.CharField("方法", max_length=10, choices=Channel.choices)
    form_key = models.UUIDField(editable=False)  # made when the form opens: a double submit is one
    decided_at = models.DateTimeField("いつ", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "受付の記録"
        constraints = [
            models.UniqueConstraint(
                fields=["decided_by", "student", "form_key"], name="receipt_form_once"
            ),
            models.CheckConstraint(
                condition=Q(party="student", guardian=None)
                | Q(party="guardian", guardian__isnull=False),
                name="receipt_guardian_named",
            ),
            choices_check("party", Party),
            choices_check("channel", Channel),
        ]
        triggers = append_only()

    def __str__(self):
        return f"受付 {str(self.pk)[:8]} ({self.decided_at:%Y-%m-%d %H:%M})"


class ConsentDecisionQuerySet(models.QuerySet):
    def latest(self):
        """The last word of each person about each (student, purpose)."""
        each = ("student_id", "purpose", "party", "guardian_id")
        return self.order_by(*each, "-id").distinct(*each)


class ConsentDecision(models.Model):
    """One response of one person to one purpose. Appended, never changed."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    receipt = models.ForeignKey(ConsentReceipt, on_delete=models.PROTECT, related_name="decisions")
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="consent_decisions"
    )
    purpose = models.CharField("利用目的", max_length=20, choices=Purpose.choices)
    document = models.ForeignKey(
        ConsentDocument, verbose_name="説明文書", on_delete=models.PROTECT, related_name="+"
    )
    party = models.CharField("立場", max_length=10, choices=Party.choices)
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", null=True, on_delete=models.PROTECT, related_name="+"
    )
    response = models.CharField("返事", max_length=10, choices=Response.choices)
    decided_at = models.DateTimeField("いつ", auto_now_add=True)

    objects = ConsentDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "意思表示"
        constraints = [
            models.UniqueConstraint(fields=["receipt", "purpose"], name="decision_once_a_receipt"),
            choices_check("purpose", Purpose),
            choices_check("party", Party),
            choices_check("response", Response),
        ]
        indexes = [
            models.Index(
                fields=["student", "purpose", "party", "guardian", "-id"], name="decision_latest"
            )
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.get_purpose_display()}: {self.get_response_display()}"
