"""Signed paper forms: printed with a number, entered by one person, confirmed by a second."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.consent.models.choices import PaperFormState
from apps.consent.models.decisions import ConsentReceipt
from apps.core import clock
from apps.core.constraints import check, choices_check, two_people, unique
from apps.core.models import UUIDModel
from apps.people.models import Guardian, Municipality, Student


class PaperForm(UUIDModel):
    """One form for one guardian about one student, with the versions printed on it."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+"
    )
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", on_delete=models.PROTECT, related_name="+"
    )
    number = models.CharField("用紙の番号", max_length=12, unique=True)
    documents = models.JSONField("印刷した版", default=dict)  # {purpose: id of the document}
    state = models.CharField(
        "状態", max_length=10, choices=PaperFormState.choices, default=PaperFormState.ISSUED
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="印刷した人", on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    issued_at = models.DateTimeField("印刷した時", default=clock.now, editable=False)
    answers = models.JSONField("返事", default=dict, blank=True)  # {purpose: Response}
    signed_on = models.DateField("署名の日", null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="入力した人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    entered_at = models.DateTimeField("入力した時", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="確かめた人", null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    confirmed_at = models.DateTimeField("確かめた時", null=True, blank=True)
    receipt = models.OneToOneField(
        ConsentReceipt, null=True, blank=True, on_delete=models.PROTECT, related_name="paper"
    )

    class Meta:
        verbose_name = verbose_name_plural = "紙の返事"
        ordering = ["-issued_at"]
        constraints = [
            choices_check("state", PaperFormState),
            check("paper_second_person", two_people("confirmed_by", "entered_by")),
            check(
                "paper_confirmed_whole",
                ~Q(state="confirmed")
                | Q(confirmed_by__isnull=False, receipt__isnull=False, signed_on__isnull=False),
            ),
            unique(
                ["student", "guardian"],
                name="paper_open_once",
                condition=Q(state__in=["issued", "entered"]),
            ),
        ]
        indexes = [
            models.Index(fields=["issued_at"], name="paper_newest"),
            models.Index(  # those that wait for the second person, and those not used
                fields=["issued_at"],
                condition=models.Q(state__in=["entered", "dropped"]),
                name="paper_rare",
            ),
        ]

    def __str__(self):
        return f"用紙 {self.number}"
