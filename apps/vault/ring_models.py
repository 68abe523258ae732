"""Tables of the key ring: codes on paper, and the environment's keys that were in use."""

from django.db import models

from apps.core import clock
from apps.core.constraints import choices_check
from apps.core.models import UUIDModel
from apps.vault.key_ring_columns import RingColumn


class SealedCode(UUIDModel):
    """A row with a secret code that is printed on paper.

    The code is found by its keyed digest and kept sealed under a key of the ring, so that the same
    code can be printed again. Rows older than sealing have a digest only.
    """

    code_label = ""  # what keeps the digests of one kind of code apart from another's
    codes_in_use = ""  # the method of the manager that gives the rows whose code still opens
    codes_what = ""  # for the terminal: "codes of cards"

    code_digest = models.BinaryField(unique=True, editable=False)
    sealed_code = models.BinaryField(null=True, editable=False)
    # of digest and seal; "" is not known: a digest from before codes were sealed
    code_ring_key = models.CharField(max_length=20, blank=True, default="", editable=False)
    ring_columns = (RingColumn("sealed_code", "code|{label}|{pk}", "code_ring_key"),)

    class Meta:
        abstract = True


class KeyKind(models.TextChoices):
    """Which setting of the environment holds a key."""

    VAULT = "vault", "VAULT_KEYS"
    SECRET = "secret", "SECRET_KEY"


class EnvironmentKey(models.Model):
    """States that a key of the environment was in use, so that its removal is noticed.

    ``name`` is its id in the ring; SECRET_KEY has none, so it is its check value. ``check_value``
    tells apart two keys under the same id; nothing of the key can be computed from it.
    """

    kind = models.CharField(max_length=6, choices=KeyKind)
    name = models.CharField(max_length=20)
    check_value = models.CharField(max_length=16)
    seen_at = models.DateTimeField(default=clock.now)
    newest_until = models.DateTimeField(null=True)  # when another became the newest
    given_up_at = models.DateTimeField(null=True)
    given_up_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            choices_check("kind", KeyKind),
            models.UniqueConstraint(fields=["kind", "name"], name="vault_environmentkey_once"),
        ]

    def __str__(self):
        return f"{self.kind} {self.name}"
