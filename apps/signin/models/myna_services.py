"""デジタル認証アプリ as a municipality uses it: guardians sign in with their My Number card."""

from django.conf import settings as django_settings
from django.db import models
from django.db.models import Q

from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality
from apps.signin.models.choices import MynaEnvironment
from apps.vault.key_ring_columns import RingColumn


class MynaService(UUIDModel):
    """The registration of one municipality with デジタル認証アプリ.

    The private key is made here and never shown; its public half is registered with the service.
    ``asks_before_consent``: a guardian's first agreement on the site needs the card.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    environment = models.CharField("相手先", max_length=10, choices=MynaEnvironment.choices)
    client_id = models.CharField("クライアントID", max_length=255)
    sealed_key = models.BinaryField(null=True, editable=False)
    key_ring_key = models.CharField(max_length=20, blank=True, default="", editable=False)
    ring_columns = (
        RingColumn("sealed_key", "myna|{pk}", "key_ring_key", "keys of My Number card services"),
    )
    is_on = models.BooleanField("保護者が使う", default=False)
    asks_before_consent = models.BooleanField(
        "はじめて同意する前に、カードで本人を確かめる", default=False
    )
    tested_at = models.DateTimeField("つながると確かめた時", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "デジタル認証アプリ"
        ordering = ["municipality__code"]
        constraints = [
            choices_check("environment", MynaEnvironment),
            unique(["municipality"], name="myna_service_once", message="設定が、もうあります。"),
            check(
                "myna_asks_where_it_is_on",
                Q(is_on=True) | Q(asks_before_consent=False),
                message="使っていないあいだは、同意の前にカードを求められません。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality}({self.get_environment_display()})"

    @property
    def issuer(self) -> str:
        """The issuer as its tokens name it."""
        return django_settings.MYNA_ISSUERS[self.environment]
