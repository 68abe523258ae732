from django.apps import AppConfig

from apps.people.services.act_counts import register_live_counts


class ConsentConfig(AppConfig):
    name = "apps.consent"
    verbose_name = "同意"

    def ready(self):
        register_live_counts(
            "pin.reset", "apps.consent.services.unconfirmed_pins.count_unconfirmed_ends"
        )
