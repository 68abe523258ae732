from django.apps import AppConfig
from django.utils.module_loading import import_string

from apps.people.services.credential_holders import register_holder_lookup


class RegistrationConfig(AppConfig):
    name = "apps.registration"
    verbose_name = "保護者の登録"

    def ready(self):
        register_holder_lookup(
            "apps.registration.services.card_holders.students_whose_card_was_held"
        )
        import_string("apps.registration.services.myna_proofs.register")()  # needs loaded models
