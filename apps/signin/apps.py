from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from apps.signin.session_life import note_sign_in


class SigninConfig(AppConfig):
    name = "apps.signin"
    verbose_name = "サインイン"

    def ready(self):
        user_logged_in.connect(note_sign_in, dispatch_uid="signin.session_life")
