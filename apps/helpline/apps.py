from django.apps import AppConfig


class HelplineConfig(AppConfig):
    name = "apps.helpline"
    verbose_name = "話したい"
