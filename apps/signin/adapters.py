"""What we ask of allauth beyond its settings."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect

from apps.audit.models import SecurityKind
from apps.core.limits import signal_limit_hit
from apps.people.normalisation import normalise_mail
from apps.people.services.security_events import note_security_event
from apps.signin import account_mail, known_devices, mail_limits
from apps.signin.services.access import STOPPED_BY_ROSTER, access_of, may_sign_in, sign_in_refusal
from apps.signin.sign_in_attempts import begin_attempt, discard_attempt
from apps.signin.sign_in_methods import SignInMethod, may_use_method
from apps.signin.signout import sign_out
from apps.vault import sealed_text

MFA_LABEL = "mfa"
LIMIT_CODES = {"too_many_login_attempts", "rate_limited"}  # allauth's words for "too many tries"
DUMMY_INPUT = "not a password"


class _LimitsNoted:
    """Allauth counts tries by itself; whom it refuses is noted as where we count."""

    def validation_error(self, code, *args):
        if code in LIMIT_CODES:
            signal_limit_hit(code)
        return super().validation_error(code, *args)


class AccountAdapter(_LimitsNoted, DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Nobody makes an account here; an app above says who does."""
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
        account_mail.mark_message(message, template_prefix)
        message.is_dropped = not mail_limits.may_send(self.request, message.kind, email)
        return message

    def send_account_already_exists_mail(self, email):
        """As long as making an account takes, so that nobody learns from the time which it was."""
        make_password(DUMMY_INPUT)
        super().send_account_already_exists_mail(email)

    def pre_authenticate(self, request, **credentials):
        """Count this try. Raises ValidationError where it is one too many."""
        login = normalise_mail(credentials.get("email") or credentials.get("username") or "")
        self._try = begin_attempt(request, login)
        if self._try is None:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request, **credentials):
        """The user of a right password, else None; a right one was no failed try."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            discard_attempt(self._try)
        return user

    def post_login(self, request, user, **more):
        """Where the person goes; from now on this device is known to their account."""
        response = super().post_login(request, user, **more)
        if user.email:
            known_devices.remember_device(request, response, normalise_mail(user.email))
        return response

    def pre_login(self, request, user, **more):
        """Turn away whom the roster has switched off and who has no such way in, and say so."""
        answer = super().pre_login(request, user, **more)
        access = access_of(user)
        if answer is None and not may_use_method(access.kind, SignInMethod.PASSWORD):
            return self._turned_away(request, user, sign_in_refusal(access.kind))
        if answer is None and access.is_stopped:
            return self._turned_away(request, user, STOPPED_BY_ROSTER)
        return answer

    def _turned_away(self, request, user, why):
        note_security_event(SecurityKind.SIGN_IN_FAILED, user=user, detail="no_way_in")
        clear_login(request)
        messages.error(request, why)
        return redirect("account_login")

    def login(self, request, user):
        """Begin the session. Raises PermissionDenied for who has no such way in (any more)."""
        self._require_way(user)
        super().login(request, user)

    def logout(self, request):
        """End the session, and this browser's bell with it."""
        sign_out(request)

    def set_password(self, user, password):
        """Keep a new password. Raises PermissionDenied for whose kind has none."""
        self._require_way(user)
        super().set_password(user, password)

    def confirm_email(self, request, email_address):
        """Keep an address as confirmed. Raises PermissionDenied for whose kind has none."""
        self._require_way(email_address.user)
        return super().confirm_email(request, email_address)

    def _require_way(self, user):
        if not may_sign_in(user, SignInMethod.PASSWORD):
            raise PermissionDenied(sign_in_refusal(access_of(user).kind))

    def get_reauthentication_methods(self, user):
        """How a person proves again who they are: by the second factor, where there is one.

        Else the password alone would take the second factor off again.
        """
        methods = super().get_reauthentication_methods(user)
        by_factor = [each for each in methods if each["id"] != "reauthenticate"]
        return by_factor or methods

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """Tell every confirmed address of the person, and the one that went by this change."""
        context = context or {}
        told = account_mail.confirmed_addresses(user) | {email}
        told |= {context.get("from_email"), context.get("deleted_email")}
        for address in sorted(told - {None, ""}):
            super().send_notification_mail(template_prefix, user, context, email=address)


class MFAAdapter(_LimitsNoted, DefaultMFAAdapter):
    """Secrets of the second factor (TOTP, the seed of recovery codes) stand sealed in their rows."""

    def encrypt(self, text):
        """The sealed secret."""
        return sealed_text.seal(text, MFA_LABEL)

    def decrypt(self, encrypted_text):
        """The secret; one from before secrets were sealed, as it stands."""
        return sealed_text.unseal(encrypted_text, MFA_LABEL)

    def get_totp_label(self, user):
        return user.email


def user_display(user):
    """How allauth's pages call a person: by address, never by user name."""
    return user.email or "利用者"
