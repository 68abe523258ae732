"""When a member of staff wants the mail that something waits on きょう."""

from django.conf import settings
from django.db import models

from apps.core.constraints import check

FIRST_HOUR, LAST_HOUR = 7, 19


class FollowUpDigest(models.Model):
    """The hour of one person's mail, and the day of the last one. No row: no mail."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    hour = models.PositiveSmallIntegerField("時刻")
    sent_on = models.DateField("さいごに送った日", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "きょうのメール"
        constraints = [
            check("digest_hour_valid", models.Q(hour__gte=FIRST_HOUR, hour__lte=LAST_HOUR))
        ]
        indexes = [models.Index(fields=["hour", "sent_on"], name="digest_due")]  # whose hour it is

    def __str__(self) -> str:
        return f"{self.hour}時"
