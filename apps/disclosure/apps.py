from django.apps import AppConfig


class DisclosureConfig(AppConfig):
    name = "apps.disclosure"
    verbose_name = "開示・訂正"
