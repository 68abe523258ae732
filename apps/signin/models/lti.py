"""学習eポータル from which students start this portal (LTI 1.3)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.constraints import check, unique
from apps.core.models import UUIDModel
from apps.people.models import Municipality


class LtiPlatform(UUIDModel):
    """One platform of one municipality, as it registered this portal; no secret is shared.

    ``deployment_ids`` are those that count: a platform may serve other cities under the same issuer.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    name = models.CharField("名前", max_length=80)
    issuer = models.CharField("発行者(issuer)", max_length=255)
    client_id = models.CharField("クライアントID", max_length=255)
    auth_url = models.CharField("認証の番地(OIDC auth)", max_length=300)
    keyset_url = models.CharField("公開鍵の番地(JWKS)", max_length=300)
    deployment_ids = ArrayField(
        models.CharField(max_length=255), verbose_name="配置の番号(deployment_id)"
    )
    is_on = models.BooleanField("生徒が使う", default=False)
    tested_at = models.DateTimeField("公開鍵を読めた時", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "学習eポータル(LTI)"
        ordering = ["municipality__code", "name"]
        constraints = [
            unique(
                ["issuer", "client_id"],
                name="lti_platform_once",
                message="同じ発行者とクライアントIDの設定が、もうあります。",
            ),
            check(
                "lti_platform_has_a_deployment",
                Q(deployment_ids__len__gte=1) & ~Q(deployment_ids__contains=[""]),
                "配置の番号を、一つは入れてください。",
            ),
        ]

    def __str__(self) -> str:
        return self.name
