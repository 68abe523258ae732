"""Models of sources, their runs and problems, and the files that were read."""

from datetime import timedelta

from django.conf import settings
from django.db import models

from apps.core import clock
from apps.core.clock import JST
from apps.core.constraints import check, choices_check, choices_checks, unique
from apps.core.models import TimeOrderedModel, UUIDModel, only_transitions
from apps.core.sealed_field import SealedJSONField
from apps.linkage.models.choices import LossScope, RunFault, RunState, SourceKind, SyncInterval
from apps.linkage.run_states import TRANSITIONS
from apps.people.models import Municipality, School
from apps.people.permissions import rows_where
from apps.vault.key_ring_columns import RingColumn

SECRET_PREFIX = "SOURCE_SECRET_"  # noqa: S105 - so that no form can name another secret


def secret_prefix_of(municipality) -> str:
    """How the names of environment variables with secrets of this municipality's sources begin."""
    return f"{SECRET_PREFIX}{municipality.code}_"


def sources_visible_to(user, prefix=""):
    """A Q: the sources of this person's municipality, or of their school."""
    return rows_where(user, "linkage.view", prefix)


class DataSourceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The sources of this person's municipality, or of their school."""
        return self.filter(sources_visible_to(user))


class DataSource(UUIDModel):
    """One outer source of one school, or of a whole municipality where ``school`` is None.

    ``place`` is a folder or a URL, by kind.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(
        School,
        verbose_name="学校(空なら自治体全体)",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
    )
    kind = models.CharField("種類", max_length=20, choices=SourceKind.choices)
    title = models.CharField("名前", max_length=80)
    place = models.CharField("場所(フォルダ・URL)", max_length=300)
    user_name = models.CharField("接続の名前", max_length=120, blank=True)
    secret_name = models.CharField("接続の秘密が入った環境変数の名前", max_length=60, blank=True)
    sealed_secret = models.BinaryField(null=True, editable=False)  # sealed under the key ring
    secret_ring_key = models.CharField(max_length=20, blank=True, editable=False)
    ring_columns = (  # bound to this source at this place: it is useless for another address
        RingColumn(
            "sealed_secret", "source|{pk}|{place}|{token_url}", "secret_ring_key",
            "secrets of sources",
        ),
    )  # fmt: skip
    token_url = models.CharField("トークンの番地", max_length=300, blank=True)
    secret_in_form = models.BooleanField("秘密を フォームで送る(空なら Basic)", default=False)
    is_on = models.BooleanField("連携する", default=True)
    every_minutes = models.PositiveIntegerField(
        "どのくらいごとに読むか", choices=SyncInterval.choices, default=SyncInterval.QUARTER
    )
    late_after_hours = models.PositiveSmallIntegerField(
        "新しいものが この時間 来ないと 知らせる", default=72
    )
    keeps_others = models.BooleanField(
        "ファイルに名前のない生徒の記録は残す(学級ごとのファイルのとき)", default=False
    )
    next_at = models.DateTimeField("つぎに読む時", null=True, editable=False)
    stopped_at = models.DateTimeField("止めた時", null=True, editable=False)
    cursor = models.JSONField("どこまで", default=dict, editable=False)

    objects = DataSourceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "連携元"
        constraints = [
            choices_check("kind", SourceKind),
            unique(
                ["municipality", "school", "kind", "place"],
                name="source_once",
                message="同じ学校・種類・場所の連携元が、もうあります。",
                nulls_distinct=False,
            ),
            choices_check("every_minutes", SyncInterval),
            check(
                "source_self_info_is_no_feed",
                ~models.Q(kind="self_info", is_on=True),
                "わたしの情報は、時計では 読めません。保護者が はじめます。",
            ),
            check(
                "source_secret_is_its_own",
                models.Q(secret_name="") | models.Q(secret_name__startswith=SECRET_PREFIX),
                "秘密の名前は、連携元のための名前だけが使えます。",
            ),
        ]

    def __str__(self):
        return self.title


class AgreedStudents(UUIDModel):
    """For whom the files of a source, or all of its statements, were read so far.

    ``digests`` holds eight bytes for each key and its student's code, sorted: whoever is new among
    those who agree is read again, and nobody else.
    """

    source = models.OneToOneField(DataSource, on_delete=models.CASCADE, related_name="agreed")
    digests = models.BinaryField(editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "読んだときの同意"

    def __str__(self):
        return f"{len(self.digests) // 8}"


OVERDUE_AFTER = {RunState.WAITING: timedelta(minutes=2), RunState.RUNNING: timedelta(minutes=3)}


class SyncRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The runs of the sources this person may see."""
        return self.filter(sources_visible_to(user, "source__"))


class SyncRun(UUIDModel):
    """One run over one source, and its result."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    source = models.ForeignKey(
        DataSource, verbose_name="連携元", on_delete=models.PROTECT, related_name="runs",
        db_index=False,
    )  # fmt: skip
    state = models.CharField(
        "状態", max_length=10, choices=RunState.choices, default=RunState.RUNNING
    )
    started_at = models.DateTimeField("はじめた時", default=clock.now)
    finished_at = models.DateTimeField("終わった時", null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="たのんだ人", null=True, on_delete=models.SET_NULL
    )
    is_trial = models.BooleanField("ためし(何も残さない)", default=False)
    reads_again = models.BooleanField("はじめから 読む", default=False)
    accepts_loss = models.BooleanField("消える 記録が 多くても 取り込む", default=False)
    keeps_others = models.BooleanField("名前のない生徒の記録は残す", default=False)
    # The file whose loss of rows a person is asked about, or has agreed to.
    loss_sha256 = models.CharField(max_length=64, blank=True, default="", editable=False)
    loss_of = models.CharField(
        "だれの記録が消えるか", max_length=10, choices=LossScope.choices, blank=True, default="",
        editable=False,
    )  # fmt: skip
    n_lost_students = models.PositiveIntegerField("記録が消える生徒", default=0, editable=False)
    n_lost_records = models.PositiveIntegerField("消える記録", default=0, editable=False)
    upload = models.CharField("受け取ったファイル", max_length=300, blank=True, editable=False)
    # The preview of its first rows, for whoever decides; deleted with the file.
    upload_preview = SealedJSONField(null=True, editable=False)
    n_read = models.PositiveIntegerField("読んだ数", default=0)
    n_kept = models.PositiveIntegerField("新しく・変えて残した数", default=0)
    n_unchanged = models.PositiveIntegerField("変わらない数", default=0)
    n_not_consented = models.PositiveIntegerField("同意がなく 捨てた数", default=0)
    n_waiting = models.PositiveIntegerField("止めている利用目的で あとで読む数", default=0)
    n_too_old = models.PositiveIntegerField("残す期間が すぎていた数", default=0)
    n_erased = models.PositiveIntegerField("取り消されて 消した数", default=0)
    n_issues = models.PositiveIntegerField("取り込めなかった数", default=0)
    fault = models.CharField(
        "止めたもの", max_length=10, choices=RunFault.choices, blank=True, default=""
    )
    # Where it was when it was interrupted, as far as known.
    stopped_file = models.CharField(max_length=200, blank=True, default="", editable=False)
    stopped_line = models.PositiveIntegerField(null=True, editable=False)
    message = models.CharField("言葉", max_length=300, blank=True)

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "同期の記録"
        ordering = ["-started_at"]
        constraints = [
            *choices_checks(state=RunState, fault=RunFault, loss_of=LossScope),
            unique(["source"], condition=models.Q(state="running"), name="one_run_a_source"),
        ]
        indexes = [
            models.Index(fields=["started_at"], name="run_newest"),
            models.Index(fields=["source", "-started_at"], name="run_by_source"),
            models.Index(  # what waits, runs, or waits for a person
                fields=["started_at"],
                condition=models.Q(state__in=["waiting", "running", "held"]),
                name="run_open",
            ),
            models.Index(  # what did not end well
                fields=["started_at"],
                condition=models.Q(state__in=["partly", "retry", "stopped", "failed"]),
                name="run_not_well",
            ),
            models.Index(  # whose file is still needed
                fields=["started_at"],
                condition=~models.Q(upload="")
                & models.Q(state__in=["held", "waiting", "running", "retry"]),
                name="run_uploaded",
            ),
            models.Index(  # old runs in which nothing happened
                fields=["started_at"],
                condition=models.Q(n_read=0) | models.Q(state="done", n_kept=0),
                name="run_idle",
            ),
        ]
        triggers = only_transitions(TRANSITIONS)

    @property
    def began(self):
        """When it began, in Japan's time."""
        return self.started_at.astimezone(JST)

    @property
    def is_over(self):
        return self.state not in (RunState.WAITING, RunState.RUNNING)

    @property
    def is_overdue(self):
        """Whether it should have begun, or ended, long ago: perhaps no worker is running."""
        return not self.is_over and clock.now() - self.started_at > OVERDUE_AFTER[self.state]

    def __str__(self):
        return f"{self.source} {self.began:%m-%d %H:%M}({self.get_state_display()})"


class SyncIssue(TimeOrderedModel):
    """A row that could not be imported: where and why, never its content."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="issues")
    file = models.CharField("ファイル", max_length=200, blank=True)
    line = models.PositiveIntegerField("行", null=True)
    column = models.CharField("列", max_length=60, blank=True)
    reason = models.CharField("理由", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "取り込みの問題"
        ordering = ["file", "line"]

    def __str__(self):
        return self.reason


class SourceFile(TimeOrderedModel):
    """A file that was imported: it stands for the days it covers until another file covers them."""

    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="files")
    run = models.ForeignKey(SyncRun, on_delete=models.SET_NULL, null=True, related_name="files")
    kind = models.CharField("種類", max_length=30)
    name = models.CharField("ファイル", max_length=200)
    sha256 = models.CharField("ハッシュ", max_length=64)
    first_on = models.DateField("はじめの日", null=True)
    last_on = models.DateField("おわりの日", null=True)
    n_kept = models.PositiveIntegerField("残した数", default=0)
    taken_at = models.DateTimeField("取り込んだ時", default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = "取り込んだファイル"
        ordering = ["-taken_at"]

    def __str__(self):
        return self.name


class SlowFile(UUIDModel):
    """A file that could not be read within a task's time, and how often; set aside after some tries.

    It is identified by its bytes: a corrected file of the same name is another one.
    """

    source = models.ForeignKey(
        DataSource, on_delete=models.CASCADE, related_name="slow_files", db_index=False
    )
    name = models.CharField("ファイル", max_length=200)
    sha256 = models.CharField("ハッシュ", max_length=64)
    n_failures = models.PositiveSmallIntegerField("時間切れの数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "時間内に読み終わらないファイル"
        constraints = [
            unique(["source", "name", "sha256"], name="slow_file_once"),
        ]

    def __str__(self):
        return self.name


class Freshness(UUIDModel):
    """How far a source was read for one kind of fact. Everybody may see it, so it has only two
    moments.
    """

    source = models.ForeignKey(
        DataSource, on_delete=models.CASCADE, related_name="freshness", db_index=False
    )
    kind = models.CharField("種類", max_length=30)
    until_on = models.DateField("この日の ことまで", null=True)
    read_at = models.DateTimeField("読んだ時")

    class Meta:
        verbose_name = verbose_name_plural = "どこまで"
        constraints = [
            unique(["source", "kind"], name="freshness_once"),
        ]

    def __str__(self):
        return f"{self.kind} {self.until_on}"
