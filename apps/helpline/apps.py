from django.apps import AppConfig

from apps.people.services.outside_readers import register_outside_readers
from apps.people.services.post_duties import register_duties

WHERE = "apps.helpline.services.duty_holders"
OUTSIDE = "apps.helpline.services.outside_readers"


class HelplineConfig(AppConfig):
    name = "apps.helpline"
    verbose_name = "話したい"

    def ready(self):
        register_duties(
            "helpline", held=f"{WHERE}.held_by", able=f"{WHERE}.able_to_follow",
            hand_over=f"{WHERE}.hand_over",
        )  # fmt: skip
        register_outside_readers(
            offered=f"{OUTSIDE}.is_offered", people=f"{OUTSIDE}.accounts_of",
            last=f"{OUTSIDE}.last_accounts_of", beyond=f"{OUTSIDE}.accounts_beyond", rises_at=f"{OUTSIDE}.rises_at",
        )  # fmt: skip
