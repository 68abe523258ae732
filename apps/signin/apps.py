from importlib import import_module

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.module_loading import import_string


class SigninConfig(AppConfig):
    name = "apps.signin"
    verbose_name = "サインイン"

    def ready(self):
        import_string("apps.signin.account_signals.connect")()  # allauth's models need loaded apps
        note_sign_in = import_string("apps.signin.session_lifetime.note_sign_in")
        user_logged_in.connect(note_sign_in, dispatch_uid="signin.session_life")
        import_module("apps.signin.security_signals").connect()  # needs loaded models
        import_module("apps.signin.myna_flow").register()
        import_module("apps.signin.session_tracking").connect()
        import_module("apps.signin.school_account_flow").register()
