"""What a guardian answered by telephone: noted by one person, confirmed by a second."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.consent.models.choices import (
    ConfirmedBy,
    IdentifiedBy,
    SpokenBy,
    TelephoneAnswerState,
)
from apps.consent.models.decisions import ConsentReceipt
from apps.core import clock
from apps.core.constraints import check, choices_checks, empty_when, unique
from apps.core.models import UUIDModel
from apps.people.models import Guardian, Municipality, Role, Student


class TelephoneAnswer(UUIDModel):
    """One call with one guardian about one student. No telephone number, no free text."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", on_delete=models.PROTECT, related_name="+"
    )
    documents = models.JSONField("読み上げた版", default=dict)  # {purpose: id of the document}
    answers = models.JSONField("返事", default=dict)  # {purpose: Response}
    spoke = models.CharField("話した人", max_length=11, choices=SpokenBy.choices)
    known_by = models.CharField("だれか確かめた方法", max_length=14, choices=IdentifiedBy.choices)
    state = models.CharField(
        "状態",
        max_length=9,
        choices=TelephoneAnswerState.choices,
        default=TelephoneAnswerState.WAITING,
    )
    form_key = models.UUIDField(editable=False)  # made when the form opens: a double submit is one
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="入力した人", on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )  # fmt: skip
    entered_role = models.CharField("入力した立場", max_length=20, choices=Role.choices)
    entered_at = models.DateTimeField("入力した時", default=clock.now, editable=False)
    confirmed_how = models.CharField(
        "二人目の確かめかた", max_length=11, choices=ConfirmedBy.choices, blank=True
    )
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた(使わないことにした)人", null=True,
        blank=True, on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    ended_at = models.DateTimeField("決まった時", null=True, blank=True)
    receipt = models.OneToOneField(
        ConsentReceipt, null=True, blank=True, on_delete=models.PROTECT, related_name="call"
    )

    class Meta:
        verbose_name = verbose_name_plural = "電話の返事"
        ordering = ["-entered_at"]
        constraints = [
            *choices_checks(
                state=TelephoneAnswerState, spoke=SpokenBy, known_by=IdentifiedBy, entered_role=Role
            ),
            check("call_confirmed_how_valid", Q(confirmed_how__in=["", *ConfirmedBy.values])),
            check(
                "call_confirmed_whole",
                ~Q(state="confirmed")
                | Q(ended_by__isnull=False, receipt__isnull=False) & ~Q(confirmed_how=""),
            ),
            check("call_second_person", ~Q(state="confirmed") | ~Q(ended_by=F("entered_by"))),
            check("call_ended_when_it_waits_no_more", empty_when("ended_at", state="waiting")),
            unique(["entered_by", "student", "form_key"], name="call_form_once"),
        ]
        indexes = [
            models.Index(fields=["entered_at"], name="call_newest"),  # the list, newest first
            models.Index(fields=["student"], condition=Q(state="waiting"), name="call_waiting"),
            models.Index(  # those that nobody confirmed, of the last weeks
                fields=["ended_at"], condition=Q(state="lapsed"), name="call_lapsed"
            ),
        ]

    def __str__(self):
        return f"電話の返事 {str(self.pk)[:8]}"

    @property
    def stops(self):
        """Whether some answer is not an agreement: from the note on, that purpose is not used."""
        return any(response != "given" for response in self.answers.values())
