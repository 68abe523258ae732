from django.apps import AppConfig

from apps.people.act_counts import count_later


class ConsentConfig(AppConfig):
    name = "apps.consent"
    verbose_name = "同意"

    def ready(self):
        count_later("pin.reset", "apps.consent.services.unproved.count_unproved")
