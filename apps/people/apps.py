from importlib import import_module

from django.apps import AppConfig

from apps.core.limits import limit_hit


class PeopleConfig(AppConfig):
    name = "apps.people"
    verbose_name = "名簿"

    def ready(self):
        security = import_module(
            "apps.people.services.security_events"
        )  # once the models are loaded
        import_module("apps.people.municipality_scope").connect()
        limit_hit.connect(security.note_limit, dispatch_uid="people.security")
