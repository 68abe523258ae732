from django.apps import AppConfig

from apps.people.services.post_duties import register_duties

WHERE = "apps.helpline.services.duty_holders"


class HelplineConfig(AppConfig):
    name = "apps.helpline"
    verbose_name = "話したい"

    def ready(self):
        register_duties(
            "helpline", held=f"{WHERE}.held_by", able=f"{WHERE}.able_to_follow",
            hand_over=f"{WHERE}.hand_over",
        )  # fmt: skip
