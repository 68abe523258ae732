"""Login cards of students."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.core import clock
from apps.core.constraints import unique
from apps.people.models import Municipality, Student
from apps.vault.key_ring_columns import RingDigest
from apps.vault.models import SealedCode


class LoginCardQuerySet(models.QuerySet):
    def last_ones(self):
        """The last card of each student, valid or expired unused."""
        return self.filter(revoked_at=None)

    def valid(self):
        """Cards that open something now."""
        in_time = models.Q(unused_until=None) | models.Q(unused_until__gt=clock.now())
        return self.last_ones().filter(in_time)

    def ended_unused(self):
        """Cards that expired unused and have no replacement."""
        return self.last_ones().filter(unused_until__lte=clock.now())

    def with_pin(self):
        """Cards whose PIN is still in use: a new card keeps it."""
        return self.last_ones().exclude(pin_digest=None)


class LoginCard(SealedCode):
    """A student's card: a code (digest and seal) and, from its first use, a PIN.

    Five wrong PINs in a row lock the card for a quarter of an hour; ten in a row, or ten within
    seven days, stop it until staff let the student choose a new PIN. Wrong PINs of a session that
    was not begun with the card do neither. A new card keeps the PIN and its failures. ``unused_until`` is when an unused card ends; it is None after the first use,
    until a reset.
    """

    code_label, codes_in_use, codes_what = "login card code", "valid", "codes of cards"
    ring_digests = (
        RingDigest(
            "pin_digest", "pin_ring_key", "with_pin", "PINs of cards",
            "each moves to the newest key when its student next signs in with the card; "
            "reset the PINs of those who do not come",
        ),
    )  # fmt: skip

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="login_cards"
    )
    pin_digest = models.BinaryField(null=True, editable=False)  # written by apps.signin.pin_hashes
    pin_ring_key = models.CharField(
        max_length=20, blank=True, default="", db_default="", editable=False
    )
    # the card for which the PIN was first digested
    pin_bound_to = models.UUIDField(null=True, editable=False)
    pin_set_at = models.DateTimeField("暗証番号を決めた時", null=True, blank=True)
    failures = models.PositiveSmallIntegerField("つづけて まちがえた回数", default=0)
    locked_until = models.DateTimeField("止まっている間", null=True, blank=True)
    wrong_at = ArrayField(  # the newest wrong PINs, oldest first (apps.signin.services.pins)
        models.DateTimeField(), verbose_name="まちがえた時", default=list, db_default=[], blank=True
    )
    wrong_without_card_at = ArrayField(  # the same, of sessions not begun with the card
        models.DateTimeField(), verbose_name="カードなしで まちがえた時", default=list,
        db_default=[], blank=True,
    )  # fmt: skip
    stopped_at = models.DateTimeField("止めた時", null=True, blank=True)
    entered_at = models.DateTimeField("さいごに入った時", null=True, blank=True)
    issued_at = models.DateTimeField("出した時", default=clock.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField("使えなくした時", null=True, blank=True)
    unused_until = models.DateTimeField("はじめて使う期限", null=True, blank=True)

    objects = LoginCardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "ログインカード"
        constraints = [
            unique(["student"], name="one_valid_card", condition=models.Q(revoked_at=None))
        ]

    def __str__(self):
        return f"カード {str(self.pk)[:8]}"
