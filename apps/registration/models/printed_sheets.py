"""Records of printing: a sheet, and each card or letter on it."""

from django.conf import settings
from django.db import models

from apps.core import clock
from apps.core.constraints import check, choices_checks, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality, Role, School, SchoolClass
from apps.registration.models.choices import SheetKind
from apps.registration.models.letters import InvitationLetter
from apps.signin.models import LoginCard


class PrintedSheet(UUIDModel):
    """One printing of cards or letters: who, when, for which class or school. It holds no code.

    A print run of letters (a whole school) is revoked as one, e.g. when a box is stolen.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    kind = models.CharField("種類", max_length=10, choices=SheetKind.choices)
    school = models.ForeignKey(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="+"
    )
    school_class = models.ForeignKey(
        SchoolClass, verbose_name="学級", null=True, on_delete=models.PROTECT, related_name="+"
    )
    hand_out_on = models.DateField("配る日", null=True)
    revoked_at = models.DateTimeField("使えなくした時", null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="使えなくした人", null=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="だれが",
        on_delete=models.PROTECT,
        related_name="+",
    )
    printed_role = models.CharField("立場", max_length=20, choices=Role.choices)
    printed_at = models.DateTimeField("印刷した時", default=clock.now, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "カードと手紙の印刷"
        ordering = ["-printed_at"]
        constraints = choices_checks(kind=SheetKind, printed_role=Role)

    def __str__(self):
        return f"{self.get_kind_display()} {self.school_class or self.school}"


class PrintedCode(UUIDModel):
    """One card or letter on a printed sheet, as its owner is told of it."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    sheet = models.ForeignKey(
        PrintedSheet, on_delete=models.PROTECT, related_name="codes", db_index=False
    )
    card = models.ForeignKey(
        LoginCard, null=True, on_delete=models.PROTECT, related_name="printings"
    )
    invitation = models.ForeignKey(
        InvitationLetter, null=True, on_delete=models.PROTECT, related_name="printings"
    )

    class Meta:
        verbose_name = verbose_name_plural = "印刷したカードか手紙"
        constraints = [
            check("printed_code_is_one_thing", models.Q(card=None) ^ models.Q(invitation=None)),
            unique(["sheet", "card"], name="card_once_a_sheet"),
            unique(["sheet", "invitation"], name="letter_once_a_sheet"),
        ]

    def __str__(self):
        return f"{self.sheet_id} {self.card_id or self.invitation_id}"
