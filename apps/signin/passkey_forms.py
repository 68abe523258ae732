"""Forms for adding a passkey, for signing in with one, and for proving again who is there."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from django.forms import BooleanField
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse


class AddPasskeyForm(forms.AddWebAuthnForm):
    """Adds a passkey, or a security key that only follows a password."""

    passwordless = BooleanField(
        required=False,
        initial=True,
        label=_("パスワードを打たずに入れるようにする"),
        help_text=_("古いセキュリティキーで登録できないときは、外してください。"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("名前(何のパスキーか、あとでわかるように)")
        self.fields["name"].max_length = 40
        self.fields["name"].widget.attrs["maxlength"] = 40

    def clean_name(self) -> str:
        """The name as typed, or one made from the kind of device; never longer than the field."""
        return super().clean_name()[:40]


class PasskeySignInForm(forms.LoginWebAuthnForm):
    """The answer of a device. Accepts it only where its owner was verified on the device."""

    def clean_credential(self) -> Authenticator:
        """The passkey that answered, else a ValidationError, whatever was sent."""
        is_verified = _is_owner_verified(self.cleaned_data["credential"])
        try:
            authenticator = super().clean_credential()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise get_adapter().validation_error("incorrect_code") from error
        if not is_verified:
            raise get_adapter().validation_error("incorrect_code")
        return authenticator


class ProvePasskeyForm(forms.ReauthenticateWebAuthnForm):
    """The answer of a device that proves again who is there.

    A key that verified its owner when it was added has to do so again: a touch alone only shows
    that it was left in the computer.
    """

    def clean_credential(self) -> Authenticator:
        """The key that answered, else a ValidationError."""
        is_verified = _is_owner_verified(self.cleaned_data["credential"])
        authenticator = super().clean_credential()
        if not is_verified and authenticator.wrap().authenticator_data.is_user_verified():
            raise get_adapter().validation_error("incorrect_code")
        return authenticator


def _is_owner_verified(credential) -> bool:
    """Whether the device says that it verified its owner. Raises ValidationError for no answer."""
    try:
        answer = AuthenticationResponse.from_dict(credential)
        return answer.response.authenticator_data.is_user_verified()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise get_adapter().validation_error("incorrect_code") from error
