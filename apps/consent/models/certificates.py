"""What follows from decisions: deletion certificates, messages, requests for an explanation."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.timezone import localtime

from apps.consent.models.choices import EndReason, MessageKind, Purpose, RowSource
from apps.consent.models.decisions import ConsentReceipt
from apps.consent.models.recorded_names import recorded_name_column, recorded_name_field
from apps.core import clock
from apps.core.constraints import (
    array_choices_check,
    both_or_neither,
    check,
    choices_check,
    choices_checks,
)
from apps.core.models import UUIDModel, append_only, append_only_but_resealed
from apps.people.models import Guardian, Municipality, Student


class DeletionCertificate(UUIDModel):
    """States that a key was destroyed, and what was deleted for it: counts, never content."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False,
    )  # fmt: skip
    purpose = models.CharField("利用目的", max_length=20, choices=Purpose.choices)
    key_id = models.UUIDField("鍵", unique=True, editable=False)
    receipt = models.ForeignKey(
        ConsentReceipt, null=True, on_delete=models.PROTECT, related_name="certificates"
    )
    ended_by = models.CharField("なぜ", max_length=12, choices=EndReason.choices)
    ended_at = models.DateTimeField("読めなくなった時")
    sealed_name = recorded_name_field()
    ring_columns = (recorded_name_column("names on certificates of deletion"),)
    changes_later = ("sealed_name",)

    class Meta:
        verbose_name = verbose_name_plural = "消去の証明"
        ordering = ["-ended_at"]
        constraints = choices_checks(purpose=Purpose, ended_by=EndReason)
        indexes = [
            models.Index(fields=["ended_at"], name="certificate_newest"),
            models.Index(fields=["student", "-ended_at"], name="certificate_of_student"),
        ]
        triggers = append_only_but_resealed("sealed_name")

    def __str__(self):
        return f"{self.get_purpose_display()} ({localtime(self.ended_at):%Y-%m-%d %H:%M})"


class DeletionCount(models.Model):
    """How many rows of one source a sweep deleted for a certificate."""

    certificate = models.ForeignKey(
        DeletionCertificate, on_delete=models.PROTECT, related_name="counts"
    )
    source = models.CharField("どこから", max_length=20, choices=RowSource.choices)
    n_rows = models.PositiveIntegerField("件数")
    guardian = models.ForeignKey(  # whose card the rows were read with, if any
        Guardian, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    deleted_at = models.DateTimeField("消した時", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "消去の件数"
        constraints = [choices_check("source", RowSource)]
        ordering = ["pk"]
        triggers = append_only()

    def __str__(self):
        return f"{self.source}: {self.n_rows}"


class SweepMark(models.Model):
    """When a sweep last found a source without unreadable rows.

    ``read_whole_at``: when it last read every row of the source, whatever the keys' ends said.
    """

    source = models.CharField(max_length=20, primary_key=True, choices=RowSource.choices)
    clean_at = models.DateTimeField("何ものこっていないと確かめた時")
    read_whole_at = models.DateTimeField("すべての行を確かめた時", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "掃除の記録"
        constraints = [choices_check("source", RowSource)]

    def __str__(self):
        return self.source


class ConsentMessage(UUIDModel):
    """One line in a person's inbox about a student: kinds and purposes, no content."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="consent_messages",
        db_index=False,
    )
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("種類", max_length=12, choices=MessageKind.choices)
    why = models.CharField("なぜ", max_length=12, choices=EndReason.choices, blank=True)
    purposes = ArrayField(
        models.CharField(max_length=20, choices=Purpose.choices), verbose_name="利用目的"
    )
    made_at = models.DateTimeField("いつ", default=clock.now, editable=False)
    opened_at = models.DateTimeField("見た時", null=True, blank=True)
    sealed_name = recorded_name_field()
    ring_columns = (recorded_name_column("names in messages"),)

    class Meta:
        verbose_name = verbose_name_plural = "同意についての知らせ"
        ordering = ["-made_at"]
        constraints = [
            choices_check("kind", MessageKind),
            choices_check("why", EndReason, blank=True),
            array_choices_check("purposes", Purpose),
        ]
        indexes = [
            models.Index(fields=["user", "-made_at"], name="message_of_user"),
            # how many a person has not seen
            models.Index(
                fields=["user"], condition=models.Q(opened_at=None), name="message_unread"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} ({localtime(self.made_at):%Y-%m-%d})"


class ExplanationRequest(UUIDModel):
    """A student is unsure and wants an explanation; the school is told, nobody else."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    receipt = models.OneToOneField(
        ConsentReceipt, on_delete=models.PROTECT, related_name="explanation_request"
    )
    purposes = ArrayField(
        models.CharField(max_length=20, choices=Purpose.choices), verbose_name="利用目的"
    )
    asked_at = models.DateTimeField("いつ", default=clock.now, editable=False)
    talked_at = models.DateTimeField("話した時", null=True, blank=True)
    talked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="話した人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = "説明を聞きたい生徒"
        ordering = ["asked_at"]
        constraints = [
            check("explanation_request_talk_whole", both_or_neither("talked_at", "talked_by")),
            array_choices_check("purposes", Purpose),
        ]
        indexes = [models.Index(fields=["-talked_at", "asked_at"], name="explanation_waiting")]

    def __str__(self):
        return f"{self.student} ({localtime(self.asked_at):%Y-%m-%d})"
