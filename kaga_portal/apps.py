"""The project's own app: the demo, the supervisor and the admin site in our clothes."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core import checks

from kaga_portal.checks import check_settings


class KagaPortalConfig(AppConfig):
    name = "kaga_portal"
    verbose_name = "加賀ポータル"

    def ready(self):
        checks.register(check_settings)


class KagaAdminConfig(AdminConfig):
    default_site = "kaga_portal.admin.KagaAdminSite"
