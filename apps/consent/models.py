"""Purposes, the words in which they are explained, and who decided what."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.models import UUIDModel, append_only, choices_check
from apps.people.models import Guardian, Municipality, Role, School, Student


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
    UNSURE = "unsure", "わからない、話を聞きたい"
    WITHDRAWN = "withdrawn", "取り下げ"


class Decider(models.TextChoices):
    BOTH = "both", "保護者と 本人の 両方"
    GUARDIAN = "guardian", "保護者(本人が ことわれば つながない)"


class Channel(models.TextChoices):
    WEB = "web", "この サイト"
    PAPER = "paper", "紙"


class Programme(UUIDModel):
    """The term of the undertaking, and who answers for it; every consent ends with it.

    What is not known stays empty: receipts then say so, and nobody's number is invented.
    """

    municipality = models.OneToOneField(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="programme"
    )
    title = models.CharField("取り組みの名前", max_length=120)
    begins_on = models.DateField("はじまり")
    ends_on = models.DateField("おわり")
    contact = models.CharField("問い合わせ先の部署", max_length=120, blank=True)
    address = models.CharField("住所", max_length=200, blank=True)
    email = models.EmailField("メール", blank=True)
    phone = models.CharField("電話", max_length=20, blank=True)

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
    """How a municipality handles a purpose: who decides, when, who may look, how long it is kept.

    Readers and days may be narrower than in the words in force, never wider: for more than was
    agreed to, new words are published and everybody is asked anew.
    """

    municipality = models.ForeignKey(Municipality, verbose_name="自治体", on_delete=models.PROTECT)
    purpose = models.CharField("利用目的", max_length=20, choices=Purpose.choices)
    is_offered = models.BooleanField("たずねる", default=True)
    decider = models.CharField("だれが決める", max_length=10, choices=Decider.choices)
    alone_from_age = models.PositiveSmallIntegerField(
        "本人だけで決める年齢", null=True, blank=True, help_text="空なら、何歳でも上のとおり。"
    )
    begins_on = models.DateField("はじまり(空なら取り組みの期間)", null=True, blank=True)
    ends_on = models.DateField("おわり(空なら取り組みの期間)", null=True, blank=True)
    readers = ArrayField(
        models.CharField(max_length=12, choices=Role.choices),
        verbose_name="内容を開ける立場",
        default=list,
        blank=True,
    )
    kept_days = models.PositiveSmallIntegerField("残す日数", default=365)
    order = models.PositiveSmallIntegerField("順番", default=0)

    objects = PurposePolicyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "利用目的の決まり"
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "purpose"], name="policy_once"),
            models.CheckConstraint(
                condition=Q(begins_on=None)
                | Q(ends_on=None)
                | Q(ends_on__gte=models.F("begins_on")),
                name="policy_ends_after_begin",
            ),
            models.CheckConstraint(
                condition=Q(alone_from_age=None) | Q(alone_from_age__range=(12, 20)),
                name="policy_age_plausible",
            ),
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

    The student's words carry ruby (｜今日《きょう》). Written by one person, read by a second,
    published; a published version is followed, never edited. ``digest`` is what was agreed to
    in 43 characters: the words, who may look, how long it is kept.
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
    readers = ArrayField(
        models.CharField(max_length=12, choices=Role.choices),
        verbose_name="内容を開ける立場",
        default=list,
        blank=True,
    )
    kept_days = models.PositiveSmallIntegerField("残す日数(長くても)", default=365)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="書いた人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    reviewed_at = models.DateTimeField("確かめた時", null=True, blank=True)
    published_at = models.DateTimeField("公開した時", null=True, blank=True)
    digest = models.CharField("文面の要約値", max_length=43, blank=True, editable=False)

    objects = ConsentDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "説明文書"
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "purpose", "version"], name="document_version_once"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=models.F("written_by")),
                name="document_second_person",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="document_review_whole",
            ),
            # The words that ship with the portal have no author; what people wrote, two have read.
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(written_by=None) | Q(reviewed_by__isnull=False),
                name="document_published_reviewed",
            ),
            choices_check("purpose", Purpose),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            )
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
    decided_at = models.DateTimeField("いつ")
    proof = models.TextField("署名", blank=True, editable=False)  # JWS over the digest of its facts

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
    """One response of one person to one purpose. Appended, never changed.

    ``school``, ``seq`` and ``link`` make it an entry in the chain of its school
    (apps.consent.ledger); ``link_key`` names the signing key from which the link's key is derived.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveIntegerField("番号")
    link_key = models.CharField(max_length=20, editable=False)
    link = models.BinaryField(editable=False)
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
    decided_at = models.DateTimeField("いつ")

    objects = ConsentDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "意思表示"
        constraints = [
            models.UniqueConstraint(fields=["receipt", "purpose"], name="decision_once_a_receipt"),
            models.UniqueConstraint(fields=["school", "seq"], name="decision_chain_once"),
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


class LedgerHead(models.Model):
    """The newest link of a school's chain: who appends locks it."""

    school = models.OneToOneField(School, primary_key=True, on_delete=models.PROTECT)
    seq = models.PositiveIntegerField("番号")
    link = models.BinaryField()
    signed_seq = models.PositiveIntegerField("確認点に入った番号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "台帳の先頭"

    def __str__(self):
        return f"{self.school_id}: {self.seq}"


class LedgerCheckpoint(models.Model):
    """A signed statement of how far every chain had come; the same bytes lie in a second place."""

    id = models.PositiveIntegerField("番号", primary_key=True)
    made_at = models.DateTimeField("いつ")
    n_entries = models.PositiveIntegerField("件数")
    statement = models.TextField("署名つきの記録")  # JWS (RFC 7515)
    copied_at = models.DateTimeField("別の場所に置いた時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "台帳の確認点"
        ordering = ["id"]
        triggers = [
            *append_only(pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="said_is_said", fields=["id", "made_at", "n_entries", "statement"]
            ),
        ]

    def __str__(self):
        return f"確認点 {self.pk} ({self.made_at:%Y-%m-%d %H:%M})"
