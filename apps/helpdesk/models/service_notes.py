"""A dated sentence of the city about what does not work, on the pages where people sign in."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from apps.core import clock
from apps.core.constraints import check
from apps.core.models import UUIDModel
from apps.people.models import Municipality

LONGEST_NOTE = timedelta(days=14)


class ServiceNoteQuerySet(models.QuerySet):
    def current(self) -> "ServiceNoteQuerySet":
        """Those that are shown now."""
        now = clock.now()
        return self.filter(begins_at__lte=now, ends_at__gt=now)


class ServiceNote(UUIDModel):
    """One sentence, from when and until when it is shown. Everybody reads it."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="+"
    )
    words = models.CharField("文", max_length=120)
    begins_at = models.DateTimeField("いつから", default=clock.now)
    ends_at = models.DateTimeField("いつまで")

    objects = ServiceNoteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "いまの状況の知らせ"
        ordering = ["-begins_at", "pk"]
        constraints = [
            check(
                "service_note_ends_later", Q(ends_at__gt=F("begins_at")),
                "「いつまで」は、「いつから」より後にしてください。",
            ),
            check(
                "service_note_two_weeks", Q(ends_at__lte=F("begins_at") + LONGEST_NOTE),
                "14日までにしてください。",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.words
