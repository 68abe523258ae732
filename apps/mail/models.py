"""Queued mails, and the failed ones without their content."""

from django.conf import settings
from django.db import models

from apps.core import clock
from apps.core.constraints import check, choices_checks
from apps.core.models import UUIDModel
from apps.core.sealed_field import SealedTextField
from apps.people.models import Municipality


class OutgoingMailState(models.TextChoices):
    WAITING = "waiting", "送るのを待っている"
    FAILED = "failed", "送れなかった"


class MailFault(models.TextChoices):
    NONE = "", "—"
    REFUSED = "refused", "相手のサーバーが受け取らなかった"
    TOO_LATE = "too_late", "送れないうちに、内容の期限が過ぎた"
    UNREADABLE = "unreadable", "封じた内容が読めなかった"


class OutgoingMailQuerySet(models.QuerySet):
    def waiting(self):
        """Mails not sent yet."""
        return self.filter(state=OutgoingMailState.WAITING)

    def failed(self):
        """Mails that failed for good."""
        return self.filter(state=OutgoingMailState.FAILED)

    def due(self, now):
        """Mails that may be sent now, the shortest lifetime first."""
        return self.waiting().filter(next_at__lte=now, expires_at__gt=now).order_by("expires_at")


class OutgoingMail(UUIDModel):
    """One mail. A sent one is deleted; a failed one loses its content and is kept for a month."""

    kind = models.CharField("種類", max_length=60)
    content = SealedTextField("内容", blank=True)  # recipients too: see services.serialisation
    state = models.CharField(
        "状態", max_length=10, choices=OutgoingMailState.choices, default=OutgoingMailState.WAITING
    )
    fault = models.CharField(
        "理由", max_length=12, choices=MailFault.choices, default=MailFault.NONE, blank=True
    )
    created_at = models.DateTimeField("頼まれた時", default=clock.now)
    expires_at = models.DateTimeField("期限")
    next_at = models.DateTimeField("次に送る時", default=clock.now)
    attempts = models.PositiveIntegerField("試した回数", default=0)
    ended_at = models.DateTimeField("あきらめた時", null=True)
    # The owner, found when the mail failed; None where no account has the address.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="アカウント", null=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", null=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "届かなかったメール"
        constraints = [
            *choices_checks(state=OutgoingMailState, fault=MailFault),
            check(
                "failed_mail_has_no_content",
                models.Q(state=OutgoingMailState.WAITING) | models.Q(content=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state=OutgoingMailState.WAITING),
                name="mail_waiting",
            ),
            # the failures of the last days, and those that are old
            models.Index(
                fields=["ended_at"],
                condition=models.Q(state=OutgoingMailState.FAILED),
                name="mail_failed",
            ),
        ]

    def __str__(self):
        return f"メール {str(self.pk)[:8]}"


class MailServer(models.Model):
    """One row: which worker sends now, and until when an unreachable server is left alone."""

    leased_until = models.DateTimeField(default=clock.now)
    paused_until = models.DateTimeField(default=clock.now)
    n_failures = models.PositiveIntegerField(default=0)  # in a row
    away_since = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.n_failures} failures in a row"
