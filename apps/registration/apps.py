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
        # their page says that they wait, or how it ended, before the roster names them
        import_string("apps.people.account_kinds.register_account_rows")(
            "SELECT 'newcomer', TRUE, FALSE, municipality_id FROM registration_guardianregistration"
            " WHERE user_id = %(user)s::uuid"
        )
        import_string("apps.registration.services.myna_proofs.register")()  # needs loaded models
