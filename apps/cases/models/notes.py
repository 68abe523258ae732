"""What people write about a case: the base of all of it, notes, decisions, outcomes."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cases.models.cases import SupportCase
from apps.core import clock
from apps.core.constraints import choices_check, unique
from apps.core.models import append_only_while_readable
from apps.vault.models import SealedRow


class Judgement(models.TextChoices):
    NOTHING = "nothing", _("気にしない")
    WATCH = "watch", _("見まもる")
    SUPPORT = "support", _("支援する")


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
        triggers = append_only_while_readable()


class CaseDecision(CaseNote):
    """A person's judgement; rules only assist."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    judgement = models.CharField("判断", max_length=10, choices=Judgement.choices)

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "判断"
        constraints = [*CaseNote.Meta.constraints, choices_check("judgement", Judgement)]

    def __str__(self) -> str:
        return self.get_judgement_display()


class BeginningKind(models.TextChoices):
    """From what people made a case by hand."""

    WORRY = "worry", _("職員の気がかり")
    REQUEST = "request", _("話したい")
    EVENT = "event", _("出来事の記録")
    FAMILY = "family", _("家族からの相談")


class CaseBeginning(CaseNote):
    """Why people made a case by hand, or came to one that was open: also encrypted {kind, source}.

    What it came from is in no column: that a student asked to talk is for the request's readers.
    """

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="beginnings", db_index=False
    )

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "ケースのはじまり"

    def __str__(self) -> str:
        return f"はじまり ({self.written_at:%Y-%m-%d})"


class Observation(CaseNote):
    """What somebody saw or heard; no judgement."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="observations", db_index=False
    )

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "記録"

    def __str__(self) -> str:
        return f"記録 ({self.written_at:%Y-%m-%d})"


class StateChangeKind(models.TextChoices):
    CLOSED = "closed", _("ケースを終えた")
    REOPENED = "reopened", _("ふたたび開いた")


class CaseStateChange(CaseNote):
    """A case was closed, or opened again with a reason."""

    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="state_changes", db_index=False
    )
    kind = models.CharField("どうしたか", max_length=10, choices=StateChangeKind.choices)

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "終わりと再開"
        constraints = [*CaseNote.Meta.constraints, choices_check("kind", StateChangeKind)]

    def __str__(self) -> str:
        return self.get_kind_display()


class Outcome(CaseNote):
    case = models.ForeignKey(
        SupportCase, on_delete=models.PROTECT, related_name="outcomes", db_index=False
    )

    class Meta(CaseNote.Meta):
        verbose_name = verbose_name_plural = "結果"

    def __str__(self) -> str:
        return f"結果 ({self.written_at:%Y-%m-%d})"
