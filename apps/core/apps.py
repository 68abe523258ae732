from django.apps import AppConfig

from apps.core.mail import read_phone_addresses


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = "共通"

    def ready(self):
        read_phone_addresses()
