"""The project's own app: the demo, the supervisor and the admin site in our clothes."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class KagaPortalConfig(AppConfig):
    name = "kaga_portal"
    verbose_name = "加賀ポータル"


class KagaAdminConfig(AdminConfig):
    default_site = "kaga_portal.admin.KagaAdminSite"
