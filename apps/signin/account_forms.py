"""The forms of accounts, in which an address may be typed in any width and case."""

from allauth.account import forms

from apps.people.codes import normalise_mail


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
    pass


class AddEmailForm(_AnyWidth, forms.AddEmailForm):
    pass
