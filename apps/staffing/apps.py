from django.apps import AppConfig


class StaffingConfig(AppConfig):
    name = "apps.staffing"
    verbose_name = "職員の担当"
