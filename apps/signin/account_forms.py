"""The account forms. A mail address may be typed in full width and in any case."""

from allauth.account import forms

from apps.people.models import User
from apps.people.normalisation import normalise_mail
from apps.signin.services.access import may_sign_in
from apps.signin.sign_in_methods import SignInMethod


class _NormalisedAddresses:
    """Form mixin that normalises mail addresses before they are validated."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in {"login", "email"} & set(self.fields):
            self.fields[name].to_python = _read
            widget = self.fields[name].widget
            widget.input_type = "text"  # type="email" would refuse a full-width ＠ in the browser
            widget.attrs["inputmode"] = "email"


def _read(value):
    return normalise_mail(value or "")


class LoginForm(_NormalisedAddresses, forms.LoginForm):
    """The page itself has the link for a forgotten password, in our words."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class SignupForm(_NormalisedAddresses, forms.SignupForm):
    pass


class ResetPasswordForm(_NormalisedAddresses, forms.ResetPasswordForm):
    """Answers an account that has no password like an unknown address."""

    def clean_email(self):
        email = super().clean_email()
        users = self.users or [User()]  # an equally slow query where there is no account
        self.users = [
            u for u in users if may_sign_in(u, SignInMethod.PASSWORD) and not u._state.adding
        ]
        return email


class AddEmailForm(_NormalisedAddresses, forms.AddEmailForm):
    pass
