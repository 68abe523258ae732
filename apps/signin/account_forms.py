"""The forms of accounts, in which an address may be typed in any width and case."""

from allauth.account import forms

from apps.people.models import User
from apps.people.normalisation import normalise_mail
from apps.signin.services.access import may_sign_in
from apps.signin.sign_in_methods import SignInMethod


class _AnyWidth:
    """Reads the addresses of a form in their one form before they are judged."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in {"login", "email"} & set(self.fields):
            self.fields[name].to_python = _read
            widget = self.fields[name].widget
            widget.input_type = (
                "text"  # type="email" refuses ＠ in full width before anybody reads it
            )
            widget.attrs["inputmode"] = "email"


def _read(value):
    return normalise_mail(value or "")


class LoginForm(_AnyWidth, forms.LoginForm):
    pass


class SignupForm(_AnyWidth, forms.SignupForm):
    pass


class ResetPasswordForm(_AnyWidth, forms.ResetPasswordForm):
    """Whoever has no password by the table of ways in is answered like an unknown address."""

    def clean_email(self):
        email = super().clean_email()
        asked = self.users or [User()]  # the same question where there is none: equal time
        self.users = [
            u for u in asked if may_sign_in(u, SignInMethod.PASSWORD) and not u._state.adding
        ]
        return email


class AddEmailForm(_AnyWidth, forms.AddEmailForm):
    pass
