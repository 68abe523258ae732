"""Requests to correct stored data (個人情報保護法 第90条), and the answers; both sealed."""

from django.conf import settings
from django.db import models
from django.utils.timezone import localtime

from apps.consent.models.choices import Party, Purpose
from apps.core import clock
from apps.core.constraints import check, choices_checks, unique
from apps.core.models import append_only
from apps.disclosure.models.choices import CorrectionState, CorrectionSubject
from apps.people.permissions import may
from apps.vault.models import SealedRow

CORRECTION_SUBJECTS = [*CorrectionSubject.choices, *Purpose.choices]


class CorrectionRequest(SealedRow):
    """Sealed {words}: what is wrong in the student's records, in the person's own words."""

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    party = models.CharField("立場", max_length=10, choices=Party.choices)
    about = models.CharField("何について", max_length=20, choices=CORRECTION_SUBJECTS)
    form_key = models.UUIDField(editable=False)
    state = models.CharField(
        "状態", max_length=10, choices=CorrectionState.choices, default=CorrectionState.ASKED
    )
    asked_at = models.DateTimeField("届いた時", default=clock.now)
    seen_at = models.DateTimeField("見た時", null=True, blank=True)
    answered_at = models.DateTimeField("答えた時", null=True, blank=True)

    @classmethod
    def may_all_be_opened(cls, rows, actor):
        """As for every sealed row; a guardian's only by the privacy officer."""
        return super().may_all_be_opened(rows, actor) and _may_open_all(rows, actor)

    class Meta:
        verbose_name = verbose_name_plural = "まちがいの連絡"
        ordering = ["asked_at"]
        constraints = [
            *choices_checks(party=Party, state=CorrectionState),
            check(
                "disclosure_correctionrequest_about_valid",
                models.Q(about__in=[code for code, _ in CORRECTION_SUBJECTS]),
            ),
            unique(["asked_by", "form_key"], name="correction_form_once"),
        ]
        indexes = [
            models.Index(fields=["-answered_at", "asked_at"], name="correction_waiting"),
            models.Index(  # how many wait
                fields=["asked_at"],
                condition=~models.Q(state=CorrectionState.ANSWERED.value),
                name="correction_open",
            ),
        ]

    def __str__(self):
        return f"まちがいの連絡 ({localtime(self.asked_at):%Y-%m-%d})"


class CorrectionAnswer(SealedRow):
    """Sealed {words}: what was corrected, or why not. Appended, never changed."""

    request = models.OneToOneField(
        CorrectionRequest, on_delete=models.PROTECT, related_name="answer"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    @classmethod
    def may_all_be_opened(cls, rows, actor):
        """Whether this person may open the requests that these rows answer."""
        requests = [row.request for row in rows]
        return super().may_all_be_opened(rows, actor) and _may_open_all(requests, actor)

    class Meta:
        verbose_name = verbose_name_plural = "まちがいの連絡への答え"
        triggers = append_only()

    def __str__(self):
        return f"答え {self.request_id}"


def _may_open_all(requests, actor):
    of_guardians = {row.student for row in requests if row.party == Party.GUARDIAN}
    return all(may(actor, "corrections.answer_guardian", student) for student in of_guardians)
