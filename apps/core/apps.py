from django.apps import AppConfig

from apps.core.email_addresses import accept_phone_addresses


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = "共通"

    def ready(self):
        accept_phone_addresses()
