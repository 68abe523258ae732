from django.apps import AppConfig


class SelfInfoConfig(AppConfig):
    name = "apps.selfinfo"
    verbose_name = "わたしの情報"
