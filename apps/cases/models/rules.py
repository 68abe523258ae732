"""Rules in versions, and which of a student's rows they have opened."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.cases.row_arrivals import SeenRows
from apps.cases.rule_sentences import rule_sentence
from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality


class RuleQuerySet(models.QuerySet):
    def active(self) -> models.QuerySet:
        return self.exclude(activated_at=None).filter(retired_at=None)

    def drafts(self) -> models.QuerySet:
        """Versions that are written and not in use yet, approved ones too."""
        return self.filter(activated_at=None, retired_at=None)


class Rule(UUIDModel):
    """One version of a rule; ``parameters`` are its thresholds."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    code = models.CharField("記号", max_length=4)  # R1 … R10, P1 … P3
    version = models.PositiveSmallIntegerField("版")
    title = models.CharField("どんな ときか", max_length=120)
    purpose = models.CharField("使う利用目的", max_length=40)
    also = models.CharField("ほかに要る利用目的", max_length=40, blank=True, default="")
    parameters = models.JSONField("しきい値", default=dict)
    activated_at = models.DateTimeField("使いはじめ", null=True, blank=True)
    retired_at = models.DateTimeField("使いおわり", null=True, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="書いた人", null=True, editable=False,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    drafted_at = models.DateTimeField("書いた時", null=True, editable=False)
    approved_at = models.DateTimeField("二人目が確かめた時", null=True, editable=False)
    starts_on = models.DateField("この日から使う", null=True, editable=False)
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
            unique(
                ["municipality", "code"],
                name="rule_one_draft",
                condition=models.Q(activated_at=None, retired_at=None),
            ),
            check(
                "rule_approval_whole",
                models.Q(approved_at=None, starts_on=None)
                | models.Q(approved_at__isnull=False, starts_on__isnull=False),
            ),
            check(
                "rule_draft_is_approved_first",
                models.Q(drafted_by=None)
                | models.Q(activated_at=None)
                | models.Q(approved_at__isnull=False),
                "二人目が確かめるまで、この版は使えません。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} 第{self.version}版: {self.title}"

    @property
    def state_words(self) -> str:
        """Where this version stands, for staff."""
        if self.retired_at:
            return "おわった版" if self.activated_at else "やめた書きかけ"
        if self.activated_at:
            return "使っている"
        if self.starts_on:
            return f"確かめた({self.starts_on.month}月{self.starts_on.day}日から使う)"
        return "書きかけ"

    @property
    def sentence(self) -> str:
        """The rule with its numbers, in one sentence."""
        return rule_sentence(self.code, self.parameters)

    @property
    def code_and_version(self) -> str:
        """What the record of an evaluation names."""
        return f"{self.code}/{self.version}"


class RuleCheck(models.Model):
    """The state of a student's rows of a purpose when the rules last opened them.

    The same is not opened again by the same ``rules`` (codes and versions). ``newest_at`` is when
    the last row arrived, ``rows_seen`` counts those of the hour before. ``is_waiting``: they could
    not be opened (the key is paused, or it failed), and are due once they can be. ``next_on``: the
    day on which the same rows may meet a rule, because days have passed.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, db_index=False)
    student = models.ForeignKey(
        "people.Student", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    purpose = models.CharField("利用目的", max_length=40)
    rules = models.CharField("決まり", max_length=60)
    rows_seen = models.PositiveIntegerField()
    newest_at = models.DateTimeField()
    is_waiting = models.BooleanField(default=False, db_default=False)
    next_on = models.DateField("次に確かめる日", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "決まりで 確かめた ところ"
        constraints = [unique(["student", "purpose"], name="rule_check_once")]
        indexes = [
            # whose rows are due once they can be opened
            models.Index(
                fields=["municipality", "purpose"],
                condition=models.Q(is_waiting=True),
                name="rule_check_waiting",
            ),
            # whose rows are due because days have passed
            models.Index(
                fields=["next_on"],
                condition=models.Q(next_on__isnull=False),
                name="rule_check_next",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.newest_at:%Y-%m-%d %H:%M}"

    @property
    def seen(self) -> SeenRows:
        return SeenRows(self.newest_at, self.rows_seen)


class BackTestState(models.TextChoices):
    WAITING = "waiting", _("待っています")
    RUNNING = "running", _("数えています")
    DONE = "done", pgettext_lazy("試算", "終わりました")
    FAILED = "failed", _("数えられませんでした")


class BackTestQuerySet(models.QuerySet):
    def open(self) -> models.QuerySet:
        """Those that a worker has to go on with, the oldest first."""
        unfinished = [BackTestState.WAITING, BackTestState.RUNNING]
        return self.filter(state__in=unfinished).order_by("asked_at")


class BackTest(UUIDModel):
    """How many students a draft would have flagged in the last days: counts of schools, no person.

    ``counts`` are sums over the schools that are done (``done``, their ids).
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    rule = models.ForeignKey(
        Rule, verbose_name="決まり", on_delete=models.PROTECT, related_name="back_tests"
    )
    parameters = models.JSONField("しきい値", editable=False)  # a draft may be changed meanwhile
    days = models.PositiveSmallIntegerField("さかのぼる日数")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="たのんだ人", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    asked_at = models.DateTimeField("たのんだ時", default=clock.now)
    state = models.CharField(
        "状態", max_length=10, choices=BackTestState.choices, default=BackTestState.WAITING
    )
    n_schools = models.PositiveSmallIntegerField("学校の数", default=0)
    done = models.JSONField(default=list, editable=False)
    counts = models.JSONField(default=dict, editable=False)
    finished_at = models.DateTimeField("終わった時", null=True)

    objects = BackTestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "決まりの試算"
        ordering = ["-asked_at"]
        constraints = [
            choices_check("state", BackTestState),
            check("back_test_days_bounded", models.Q(days__gte=30, days__lte=180)),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="back_test_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule.code} 第{self.rule.version}版 {self.days}日の試算"

    @property
    def sentence(self) -> str:
        """The rule that was counted, in one sentence."""
        return rule_sentence(self.rule.code, self.parameters)

    @property
    def n_done(self) -> int:
        """How many schools are done."""
        return len(self.done)

    @property
    def is_over(self) -> bool:
        return self.state in (BackTestState.DONE, BackTestState.FAILED)

    @property
    def is_done(self) -> bool:
        return self.state == BackTestState.DONE
