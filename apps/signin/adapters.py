"""What we ask of allauth beyond its settings."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse

from apps.people.codes import normalise_mail
from apps.signin import account_mail
from apps.signin.carried_codes import LETTER, code_in
from apps.signin.services import CannotAccept, invitation_of
from apps.signin.services.access import STOPPED_BY_ROSTER, is_stopped_by_roster
from apps.vault import sealed_text

MFA_PLACE = "mfa"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Accounts are made by whoever holds a letter; staff are appointed."""
        try:
            return bool(invitation_of(code_in(request, LETTER)))
        except CannotAccept:
            return False

    def populate_username(self, request, user):
        """A random user name: the address is the login and stands in one place only."""
        user.username = uuid.uuid4().hex

    def clean_email(self, email):
        """An address in its one form, so that one person has one account."""
        return normalise_mail(email)

    def render_mail(self, template_prefix, email, context, headers=None):
        """A mail of allauth's, marked with its kind and with how long it is of use."""
        message = super().render_mail(template_prefix, email, context, headers)
        return account_mail.mark(message, template_prefix)

    def pre_login(self, request, user, **more):
        """Turn away whom the roster has switched off, and say so."""
        answer = super().pre_login(request, user, **more)
        if answer is None and is_stopped_by_roster(user):
            messages.error(request, STOPPED_BY_ROSTER)
            return redirect("account_login")
        return answer

    def get_login_redirect_url(self, request):
        """Whoever came with a letter goes on to the child."""
        if code_in(request, LETTER):
            return reverse("signin:accept")
        return super().get_login_redirect_url(request)

    get_signup_redirect_url = get_login_redirect_url


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of the second factor (TOTP, the seed of recovery codes) stand sealed in their rows."""

    def encrypt(self, text):
        """The sealed secret."""
        return sealed_text.seal(text, MFA_PLACE)

    def decrypt(self, encrypted_text):
        """The secret; one from before secrets were sealed, as it stands."""
        return sealed_text.open_(encrypted_text, MFA_PLACE)

    def get_totp_label(self, user):
        return user.email


def user_display(user):
    """How allauth's pages call a person: by address, never by user name."""
    return user.email or "利用者"
