"""Who decided what: receipts, and decisions chained per school."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import localtime

from apps.consent.models.choices import Channel, Party, Purpose, Response
from apps.consent.models.documents import ConsentDocument
from apps.consent.models.recorded_names import recorded_name_column, recorded_name_field
from apps.core.constraints import check, choices_checks, unique
from apps.core.models import UUIDModel, append_only, append_only_but_resealed
from apps.people.models import Guardian, Municipality, School, Student


class ConsentReceipt(UUIDModel):
    """What one person decided about one student in one submission; a page that can be kept."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(Student, verbose_name="生徒", on_delete=models.PROTECT)
    party = models.CharField("立場", max_length=10, choices=Party.choices)
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    channel = models.CharField("方法", max_length=10, choices=Channel.choices)
    form_key = models.UUIDField(editable=False)  # made when the form opens: a double submit is one
    decided_at = models.DateTimeField("いつ")
    proof = models.TextField("署名", blank=True, editable=False)  # JWS over the digest of its facts
    sealed_name = recorded_name_field()
    name_digest = models.CharField(  # of the text in sealed_name; part of the signed facts
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    ring_columns = (recorded_name_column("names on receipts"),)
    changes_later = ("sealed_name",)

    class Meta:
        verbose_name = verbose_name_plural = "受付の記録"
        constraints = [
            unique(["decided_by", "student", "form_key"], name="receipt_form_once"),
            check(
                "receipt_guardian_named",
                Q(party="student", guardian=None) | Q(party="guardian", guardian__isnull=False),
            ),
            *choices_checks(party=Party, channel=Channel),
        ]
        triggers = append_only_but_resealed("sealed_name")
        indexes = [  # the list, newest first; those of the last days, when the ledger is verified
            models.Index(fields=["decided_at"], name="receipt_newest")
        ]

    def __str__(self):
        return f"受付 {str(self.pk)[:8]} ({localtime(self.decided_at):%Y-%m-%d %H:%M})"


class ConsentDecisionQuerySet(models.QuerySet):
    def latest(self):
        """The latest decision of each person about each (student, purpose).

        Of answers to a document whose publication was stopped only refusals count, and answers that
        destroyed the key: what that person wanted to keep open is not linked again without asking
        them.
        """
        each = ("student_id", "purpose", "party", "guardian_id")
        refuses = Q(response__in=(Response.REFUSED, Response.WITHDRAWN))
        ended = Q(receipt__certificates__purpose=models.F("purpose"))
        counts = self.filter(refuses | ended | Q(document__documentstop=None))
        return counts.order_by(*each, "-id").distinct(*each)


class ConsentDecision(models.Model):
    """One response of one person to one purpose. Appended, never changed.

    ``school``, ``seq`` and ``link`` make it an entry in the chain of its school
    (apps.ledger.hash_chain); ``link_key`` names the signing key from which the link's key is derived.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveIntegerField("番号")
    link_key = models.CharField(max_length=20, editable=False)
    link = models.BinaryField(editable=False)
    receipt = models.ForeignKey(
        ConsentReceipt, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="consent_decisions",
        db_index=False,
    )  # fmt: skip
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
            unique(["receipt", "purpose"], name="decision_once_a_receipt"),
            unique(["school", "seq"], name="decision_chain_once"),
            *choices_checks(purpose=Purpose, party=Party, response=Response),
        ]
        indexes = [
            models.Index(
                fields=["student", "purpose", "party", "guardian", "-id"], name="decision_latest"
            )
        ]
        triggers = append_only()

    def __str__(self):
        return f"{self.get_purpose_display()}: {self.get_response_display()}"
