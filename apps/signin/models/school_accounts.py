"""Sign-in services with the accounts that schools give to their students."""

from django.conf import settings as django_settings
from django.db import models
from django.db.models import Q

from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality
from apps.signin.models.choices import SchoolAccountKind
from apps.vault.key_ring_columns import RingColumn


class SchoolAccountService(UUIDModel):
    """Google Workspace or Microsoft Entra of one municipality, for its students.

    ``domain`` (Google's ``hd``) or ``tenant`` (Microsoft's ``tid``) is what every account must be
    of. The secret is bound to the row and its client, and useless for another.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    kind = models.CharField("種類", max_length=10, choices=SchoolAccountKind.choices)
    client_id = models.CharField("クライアントID", max_length=255)
    domain = models.CharField("ドメイン", max_length=120, blank=True)
    tenant = models.UUIDField("テナントID", null=True, blank=True)
    sealed_secret = models.BinaryField(null=True, editable=False)
    secret_ring_key = models.CharField(max_length=20, blank=True, default="", editable=False)
    ring_columns = (
        RingColumn(
            "sealed_secret", "school_account|{pk}|{kind}|{client_id}|{tenant}", "secret_ring_key",
            "secrets of school account services",
        ),
    )  # fmt: skip
    is_on = models.BooleanField("生徒が使う", default=False)
    tested_at = models.DateTimeField("つながると確かめた時", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "学校のアカウント"
        ordering = ["municipality__code", "kind"]
        constraints = [
            choices_check("kind", SchoolAccountKind),
            unique(
                ["municipality", "kind", "domain", "tenant"],
                name="school_account_service_once",
                message="同じ相手先の設定が、もうあります。",
                nulls_distinct=False,
            ),
            check(
                "school_account_names_its_school",
                Q(kind="google", tenant=None) & ~Q(domain="") | Q(kind="microsoft", tenant__isnull=False),
                "Googleはドメイン、MicrosoftはテナントIDが要ります。",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()}({self.domain or self.tenant})"

    @property
    def issuer(self) -> str:
        """The issuer as its tokens name it."""
        pattern = django_settings.SCHOOL_ACCOUNT_ISSUERS[self.kind]
        return pattern.replace("{tenant}", str(self.tenant))
