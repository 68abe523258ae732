"""Jobs that read uploaded files, and the bytes of each file until it was read."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import check, choices_checks, unique
from apps.core.models import UUIDModel, only_transitions
from apps.core.sealed_field import SealedJSONField, SealedTextField
from apps.file_jobs.job_states import TRANSITIONS
from apps.people.models import Municipality, StaffPost

STAYS = timedelta(days=1)  # results; also unread files
MOST_TRIES = 2


class JobKind(models.TextChoices):
    ROSTER_CHECK = "roster_check", "名簿を確かめる"
    ROSTER_COMPARE = "roster_compare", "名簿をいまとくらべる"
    ROSTER_IMPORT = "roster_import", "名簿を取り込む"
    GUARDIAN_LIST = "guardian_list", "保護者の一覧を読む"
    SCHOOL_FILE = "school_file", "学校のファイルを読む"
    MAPPING_TRIAL = "mapping_trial", "読みかたをためす"
    DIRECTORY_CHECK = "directory_check", "窓口の表を確かめる"
    DIRECTORY_IMPORT = "directory_import", "窓口の表を取り込む"


# The verb (people.permissions.MAY) the asker needs, checked again when the worker begins.
VERBS = {
    JobKind.ROSTER_CHECK: "roster.import",
    JobKind.ROSTER_COMPARE: "roster.import",
    JobKind.ROSTER_IMPORT: "roster.import",
    JobKind.GUARDIAN_LIST: "guardians.list",
    JobKind.SCHOOL_FILE: "linkage.bring",
    JobKind.MAPPING_TRIAL: "linkage.edit",
    JobKind.DIRECTORY_CHECK: "notices.edit",
    JobKind.DIRECTORY_IMPORT: "notices.edit",
}


class JobState(models.TextChoices):
    WAITING = "waiting", "順番を待っています"
    RUNNING = "running", "読んでいます"
    DONE = "done", "終わりました"
    FAILED = "failed", "できませんでした"
    GONE = "gone", "結果を消しました"


OPEN = (JobState.WAITING, JobState.RUNNING)
ENDED = (JobState.DONE, JobState.FAILED)


class JobFault(models.TextChoices):
    NONE = "", "—"
    REFUSED = "refused", "受け取れないファイルです。"
    TOO_LONG = (
        "too_long",
        (
            "読むのに時間がかかりすぎたので、やめました。何も変わっていません。"
            "ファイルを分けるか、書き出し直してください。"
        ),
    )
    GIVEN_UP = (
        "given_up",
        (
            "読んでいるとちゅうで止まり、もう一度読んでも止まりました。何も変わっていません。"
            "もう一度選んでください。続くときは、運用の担当に知らせてください。"
        ),
    )
    TOO_LATE = (
        "too_late",
        (
            "1日のうちに読めなかったので、ファイルを消しました。何も変わっていません。"
            "もう一度選んでください。続くときは、運用の担当に知らせてください。"
        ),
    )
    NOT_ALLOWED = "not_allowed", "いまの担当では、できません。何も変わっていません。"


class FileJobQuerySet(models.QuerySet):
    def open(self):
        """Those not finished yet."""
        return self.filter(state__in=OPEN)

    def due(self):
        """Those a worker may claim: waiting, or claimed by a worker that died."""
        return self.filter(Q(state=JobState.WAITING) | self._left(), n_attempts__lt=MOST_TRIES)

    def given_up(self):
        """Those whose workers died as often as it is tried."""
        return self.filter(self._left(), n_attempts__gte=MOST_TRIES)

    def _left(self):
        return Q(state=JobState.RUNNING, leased_until__lt=clock.now())

    def overdue(self):
        """Those not finished within a day."""
        return self.open().filter(asked_at__lte=clock.now() - STAYS)

    def over(self):
        """Those whose result has expired."""
        ended = self.filter(state__in=ENDED)
        return ended.filter(expires_at__lte=clock.now())


class FileJob(UUIDModel):
    """One upload to read; the row is the queue. Only who asked sees it and its result."""

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField("種類", max_length=20, choices=JobKind.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="頼んだ人", on_delete=models.PROTECT,
        related_name="+", db_index=False,
    )  # fmt: skip
    # The post in which they asked; only its rights count.
    post = models.ForeignKey(StaffPost, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField("頼んだ時")
    file_name = models.CharField("ファイル", max_length=200, blank=True)
    about = models.UUIDField(null=True, editable=False)  # the row of an upper app it concerns
    options = SealedJSONField(default=dict)
    state = models.CharField(
        "ようす", max_length=8, choices=JobState.choices, default=JobState.WAITING
    )
    fault = models.CharField(
        "理由", max_length=12, choices=JobFault.choices, default=JobFault.NONE, blank=True
    )
    n_attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField("終わった時", null=True)
    expires_at = models.DateTimeField("消す時", null=True)
    result = SealedJSONField(default=dict)

    objects = FileJobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "ファイルの受け取り"
        ordering = ["-asked_at"]
        constraints = [
            *choices_checks(kind=JobKind, state=JobState, fault=JobFault),
            check(
                "file_job_fault_where_failed",
                Q(state=JobState.FAILED) & ~Q(fault="") | ~Q(state=JobState.FAILED) & Q(fault=""),
            ),
            check(
                "file_job_ended_where_over",
                Q(state__in=OPEN, ended_at=None) | ~Q(state__in=OPEN, ended_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["asked_by", "asked_at"], name="file_job_own"),  # the list, newest first
            models.Index(
                fields=["asked_at"], condition=Q(state__in=OPEN), name="file_job_open"
            ),
            models.Index(fields=["about", "asked_by"], name="file_job_about"),
            models.Index(  # whose result has expired
                fields=["expires_at"], condition=Q(state__in=ENDED), name="file_job_ended"
            ),
            models.Index(  # whose row is old
                fields=["ended_at"], condition=Q(state=JobState.GONE), name="file_job_gone"
            ),
        ]  # fmt: skip
        triggers = only_transitions(TRANSITIONS)

    def __str__(self):
        return f"{self.get_kind_display()} ({self.get_state_display()})"

    @property
    def is_over(self) -> bool:
        """Whether it is finished."""
        return self.state not in OPEN

    @property
    def is_stuck(self) -> bool:
        """Whether it waits or runs too long: no worker may be running."""
        if self.is_over:
            return False
        since = self.leased_until or self.asked_at + timedelta(minutes=1)
        return since < clock.now()


class FileJobPart(models.Model):
    """A piece of an uploaded file (base64), small enough for memory; deleted once it was read."""

    job = models.ForeignKey(FileJob, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    body = SealedTextField()

    class Meta:
        constraints = [unique(["job", "number"], name="file_job_part_once")]

    def __str__(self):
        return f"{self.number}"
