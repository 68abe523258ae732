"""The keys with which the portal signs what it sends to LTI platforms."""

from django.db import models
from django.db.models import Q

from apps.core.constraints import check, choices_check, empty_when, set_when, unique
from apps.core.models import UUIDModel
from apps.signin.models.choices import LtiKeyState
from apps.vault.key_ring_columns import RingColumn


class LtiKey(UUIDModel):
    """One signing key of the portal, the same for every platform; its row exists while it is published.

    The private half ends when the key is retired; the public half stays until what was signed with
    it has expired. ``key_id`` is the thumbprint of the public half (RFC 7638).
    """

    key_id = models.CharField(max_length=43, editable=False)
    public_jwk = models.JSONField(editable=False)
    sealed_key = models.BinaryField(null=True, editable=False)
    key_ring_key = models.CharField(max_length=20, blank=True, default="", editable=False)
    ring_columns = (
        RingColumn("sealed_key", "lti|{pk}", "key_ring_key", "signing keys for LTI platforms"),
    )
    state = models.CharField(max_length=10, choices=LtiKeyState.choices, editable=False)
    made_at = models.DateTimeField(editable=False)
    first_used_at = models.DateTimeField(null=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "LTIの署名の鍵"
        ordering = ["made_at", "pk"]
        constraints = [
            choices_check("state", LtiKeyState),
            unique(["key_id"], name="lti_key_once"),
            unique(["state"], name="lti_key_one_of_each", condition=~Q(state=LtiKeyState.RETIRED)),
            check("lti_key_used", empty_when("first_used_at", state=LtiKeyState.WAITING)),
            check("lti_key_retired", set_when("retired_at", state=LtiKeyState.RETIRED)),
            check("lti_key_private_half", empty_when("sealed_key", state=LtiKeyState.RETIRED)),
        ]

    def __str__(self) -> str:
        return self.key_id
