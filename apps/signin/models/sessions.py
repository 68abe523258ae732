"""Sign-ins of an account, stored beside Django's sessions so that people can see and end them."""

from django.conf import settings
from django.db import models

from apps.core.constraints import check, choices_checks, unique
from apps.core.models import TimeOrderedModel, UUIDModel
from apps.core.user_agents import CODES, device_words
from apps.people.models import Role
from apps.signin.models.choices import EndingReason


class UserSession(UUIDModel):
    """One sign-in: when, by which method and on what kind of device.

    It is over when its session is deleted, when ``ends_at`` has passed, or when the account's
    ``session_epoch`` was increased.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="signed_in_sessions",
        db_index=False,
    )
    session_key = models.CharField(max_length=40)
    # the account's epoch when the session began or was renewed
    epoch = models.PositiveIntegerField()
    method = models.CharField("入りかた", max_length=40, blank=True)  # "card", "password+totp"
    device = models.CharField("端末", max_length=40)
    began_at = models.DateTimeField("始まり")
    ends_at = models.DateTimeField("遅くとも終わる時")

    class Meta:
        verbose_name = verbose_name_plural = "サインイン"
        constraints = [
            unique(["session_key"], name="usersession_once_a_session"),
            check("signin_usersession_device_valid", models.Q(device__in=CODES)),
        ]
        indexes = [
            models.Index(fields=["user", "-began_at"], name="signin_session_user"),
            models.Index(fields=["ends_at"], name="signin_session_ends"),  # those that are over
        ]

    def __str__(self):
        return f"{self.device_words} ({self.began_at:%Y-%m-%d %H:%M})"

    @property
    def device_words(self):
        """The kind of device, in words."""
        return device_words(self.device)


class SessionEnding(TimeOrderedModel):
    """Staff ended the sign-ins of this account: announced at the next sign-in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    ended_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    by_role = models.CharField(max_length=20, choices=Role.choices)
    reason = models.CharField(max_length=20, choices=EndingReason.choices)
    announced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = choices_checks(by_role=Role, reason=EndingReason)
        indexes = [
            models.Index(
                fields=["user"], condition=models.Q(announced_at=None), name="signin_ending_untold"
            ),
            models.Index(fields=["ended_by", "ended_at"], name="signin_ending_by"),
        ]

    def __str__(self):
        return f"{self.ended_at:%Y-%m-%d %H:%M}"
