"""Rules, the signs they find, and the support cases and notes that follow."""

from datetime import timedelta

from django.conf import settings
from django.db import models

from apps.cases.row_arrivals import SeenRows
from apps.core import clock
from apps.core.constraints import choices_check, unique
from apps.core.models import UUIDModel, append_only
from apps.notices.models import SupportOrganisation
from apps.people.models import Municipality, School, Student
from apps.people.permissions import students_where
from apps.vault.models import SealedQuerySet, SealedRow


class RuleQuerySet(models.QuerySet):
    def active(self):
        return self.exclude(activated_at=None).filter(retired_at=None)


class Rule(UUIDModel):
    """One version of a rule; ``parameters`` are its thresholds."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    code = models.CharField("記号", max_length=4)  # R1 … R10
    version = models.PositiveSmallIntegerField("版")
    title = models.CharField("どんな ときか", max_length=120)
    purpose = models.CharField("使う利用目的", max_length=40)
    parameters = models.JSONField("しきい値", default=dict)
    activated_at = models.DateTimeField("使いはじめ", null=True, blank=True)
    retired_at = models.DateTimeField("使いおわり", null=True, blank=True)
    swept_at = models.DateTimeField(  # when the last sweep began that has looked at all that is new
        "さいごに 確かめた時", null=True, editable=False
    )

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "気づきの決まり"
        ordering = ["code", "-version"]
        constraints = [
            unique(["municipality", "code", "version"], name="rule_version_once"),
            unique(
                ["municipality", "code"],
                name="rule_one_active",
                condition=models.Q(activated_at__isnull=False, retired_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.code} 第{self.version}版: {self.title}"

    @property
    def code_and_version(self) -> str:
        """What the record of an evaluation names."""
        return f"{self.code}/{self.version}"


class RuleCheck(models.Model):
    """The state of a student's rows when a rule last opened them: the same is not opened again.

    ``newest_at`` is when the last row arrived, ``rows_seen`` counts those of the hour before.
    ``is_waiting``: they could not be opened (the key is paused, or it failed), and are due once
    they can be.
    """

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="+", db_index=False)
    student = models.ForeignKey("people.Student", on_delete=models.PROTECT, related_name="+")
    rows_seen = models.PositiveIntegerField()
    newest_at = models.DateTimeField()
    is_waiting = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = verbose_name_plural = "決まりで 確かめた ところ"
        constraints = [unique(["rule", "student"], name="rule_check_once")]
        indexes = [
            # whose rows are due once they can be opened
            models.Index(
                fields=["rule"], condition=models.Q(is_waiting=True), name="rule_check_waiting"
            )
        ]

    def __str__(self):
        return f"{self.rule_id} {self.newest_at:%Y-%m-%d %H:%M}"

    @property
    def seen(self) -> SeenRows:
        return SeenRows(self.newest_at, self.rows_seen)


class CaseState(models.TextChoices):
    NEW = "new", "だれも 見て いません"
    LOOKING = "looking", "見て います"
    WATCHING = "watching", "見まもり"
    SUPPORTING = "supporting", "支援中"
    CLOSED = "closed", "おわり"


class CaseQuerySet(models.QuerySet):
    def open(self):
        return self.exclude(state=CaseState.CLOSED)

    def visible_to(self, user):
        """The cases of students in this person's care; none for city staff and families."""
        return self.filter(students_where(user, "cases.view", "student__"))


class SupportCase(UUIDModel):
    """Work about one student; at most one case is open at a time."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT)
    student = models.ForeignKey(
        "people.Student", verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        "状態", max_length=12, choices=CaseState.choices, default=CaseState.NEW
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="担当", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    holder_role = models.CharField("担当の立場", max_length=40, blank=True)
    opened_at = models.DateTimeField("できた時", default=clock.now)
    first_seen_at = models.DateTimeField("はじめて見た時", null=True, blank=True)
    review_on = models.DateField("次の確認", null=True, blank=True)
    closed_at = models.DateTimeField("おわった時", null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "支援ケース"
        ordering = ["opened_at"]
        constraints = [
            choices_check("state", CaseState),
            unique(
                ["student"], name="one_open_case_a_student", condition=~models.Q(state="closed")
            ),
        ]

    def __str__(self):
        return f"支援ケース {str(self.pk)[:8]}"


SIGN_LIFETIME = timedelta(days=30)  # unless newer facts renew it


class SignState(models.TextChoices):
    OPEN = "open", "出ています"
    EXPIRED = "expired", "30日たちました"


class SignQuerySet(SealedQuerySet):
    def open(self):
        return self.filter(state=SignState.OPEN)


class Sign(SealedRow):
    """A reason to look at a student, found by one rule version; its evidence is encrypted {items: […]}."""

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

    objects = SignQuerySet.as_manager()

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

    def __str__(self):
        return f"{self.rule.code} ({self.raised_at:%Y-%m-%d})"

    @property
    def found_at(self):
        """When its evidence last changed: raised, or renewed by newer facts."""
        return self.expires_at - SIGN_LIFETIME


class Judgement(models.TextChoices):
    NOTHING = "nothing", "いまは 支援は いらない"
    WATCH = "watch", "見まもる"
    SUPPORT = "support", "支援を 考える"


class CaseNote(SealedRow):
    """Base of what people write about a case: encrypted {words}, by whom, when. Append-only."""

    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="書いた人", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    written_role = models.CharField("立場", max_length=40)
    written_at = models.DateTimeField("いつ", default=clock.now, editable=False)
    form_key = models.UUIDField(
        editable=False
    )  # made when the form opens, so that a double submit is one

    class Meta:
        abstract = True
        ordering = ["-written_at"]
        constraints = [unique(["case", "form_key"], name="%(class)s_form_once")]
        triggers = append_only()


class CaseDecision(CaseNote):
    """A person's judgement; rules only assist."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    judgement = models.CharField("判断", max_length=10, choices=Judgement.choices)

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "判断"
        constraints = [*CaseNote.Meta.constraints, choices_check("judgement", Judgement)]

    def __str__(self):
        return self.get_judgement_display()


class SupportPlan(CaseNote):
    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="plans", db_index=False
    )
    review_on = models.DateField("次の確認")

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "支援計画"

    def __str__(self):
        return f"支援計画 ({self.written_at:%Y-%m-%d})"


class Referral(CaseNote):
    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="referrals", db_index=False
    )
    organisation = models.ForeignKey(
        SupportOrganisation, verbose_name="窓口", on_delete=models.PROTECT, related_name="+"
    )

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "紹介"

    def __str__(self):
        return f"{self.organisation} を紹介"


class Outcome(CaseNote):
    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="outcomes", db_index=False
    )

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "結果"

    def __str__(self):
        return f"結果 ({self.written_at:%Y-%m-%d})"
