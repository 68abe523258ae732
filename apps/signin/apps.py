from importlib import import_module

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.module_loading import import_string

from apps.people.paper_holders import ask_for_holders


class SigninConfig(AppConfig):
    name = "apps.signin"
    verbose_name = "サインイン"

    def ready(self):
        import_string("apps.signin.account_changes.connect")()  # allauth's models need the apps
        note_sign_in = import_string("apps.signin.session_life.note_sign_in")
        user_logged_in.connect(note_sign_in, dispatch_uid="signin.session_life")
        ask_for_holders("apps.signin.services.holders.had_card_of")
        import_module("apps.signin.security_signals").connect()  # once the models are there
        import_module("apps.signin.session_trail").connect()
