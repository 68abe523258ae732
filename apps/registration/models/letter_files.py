"""The PDF of a print run: requested, made by a worker, kept encrypted for half an hour."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core import clock
from apps.core.constraints import check, choices_check, set_when
from apps.core.models import UUIDModel
from apps.people.models import Municipality
from apps.registration.models.choices import LetterFileState
from apps.vault.key_ring_columns import RingColumn

FILE_LIFETIME = timedelta(minutes=30)
MAX_ATTEMPTS = 3


class LetterFileQuerySet(models.QuerySet):
    def due(self):
        """Files a worker may take: waiting, or held by a worker that has died."""
        return self.filter(
            Q(state=LetterFileState.WAITING) | self._left(), n_attempts__lt=MAX_ATTEMPTS
        )

    def out_of_attempts(self):
        """Files whose workers died as often as the maximum of attempts."""
        return self.filter(self._left(), n_attempts__gte=MAX_ATTEMPTS)

    def _left(self):
        return Q(state=LetterFileState.RUNNING, leased_until__lt=clock.now())

    def expired(self):
        """Files past their half hour whose content is still stored."""
        return self.filter(state=LetterFileState.DONE, expires_at__lte=clock.now())


class LetterFile(UUIDModel):
    """A requested PDF; the row is the queue. ``sealed`` holds codes: only the requester may
    download it.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    sheet = models.OneToOneField(
        "registration.PrintedSheet",
        verbose_name="印刷",
        on_delete=models.PROTECT,
        related_name="file",
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="頼んだ人", on_delete=models.PROTECT,
        related_name="+", db_index=False,
    )  # fmt: skip
    asked_at = models.DateTimeField("頼んだ時")
    state = models.CharField(
        "ようす", max_length=8, choices=LetterFileState.choices, default=LetterFileState.WAITING
    )
    n_pages = models.PositiveIntegerField("通")
    n_done = models.PositiveIntegerField("できた通", default=0)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField("できた時", null=True)
    expires_at = models.DateTimeField("消す時", null=True)
    sealed = models.BinaryField(null=True, editable=False)
    ring_key = models.CharField(max_length=20, blank=True, default="", editable=False)
    ring_columns = (RingColumn("sealed", "letters|{pk}", "ring_key", "files of letters"),)

    objects = LetterFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "手紙のPDF"
        ordering = ["-asked_at"]
        constraints = [
            choices_check("state", LetterFileState),
            check("letter_file_kept_while_done", set_when("sealed", state=LetterFileState.DONE)),
            check("letter_file_done_of_pages", Q(n_done__lte=F("n_pages"))),
        ]
        indexes = [
            models.Index(fields=["asked_by", "asked_at"], name="letter_file_own"),
            models.Index(  # what is to be made, and to be forgotten
                fields=["asked_at"],
                condition=Q(state__in=["waiting", "running", "done"]),
                name="letter_file_open",
            ),
        ]

    def __str__(self):
        return f"手紙のPDF ({self.asked_at:%Y-%m-%d})"

    @property
    def is_over(self):
        """Whether no worker works on it any more."""
        return self.state not in (LetterFileState.WAITING, LetterFileState.RUNNING)

    @property
    def is_available(self):
        """Whether it can be downloaded now."""
        return self.state == LetterFileState.DONE and self.expires_at > clock.now()
