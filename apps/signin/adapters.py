"""The account and MFA adapters of allauth, with the portal's own rules."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils.translation import gettext

from apps.audit.models import SecurityKind
from apps.core.email_addresses import mail_subject
from apps.core.limits import signal_limit_hit
from apps.core.user_agents import device_of, device_words
from apps.people.languages import speaking_to
from apps.people.normalisation import normalise_mail
from apps.people.services.security_events import note_security_event
from apps.signin import account_mail, mail_limits, new_devices, passkey_offers
from apps.signin.services.access import STOPPED_BY_ROSTER, access_of, may_sign_in, sign_in_refusal
from apps.signin.sign_in_attempts import begin_attempt, discard_attempt
from apps.signin.sign_in_methods import SignInMethod, may_use_method
from apps.signin.signout import sign_out
from apps.signin.way_back import forget_way_back, way_back_of
from apps.vault import sealed_text

MFA_LABEL = "mfa"
LIMIT_CODES = {"too_many_login_attempts", "rate_limited"}  # allauth's codes for "too many attempts"
DUMMY_INPUT = "not a password"


class _LimitRecorder:
    """Reports allauth's own rate limits as security events."""

    def validation_error(self, code, *args):
        if code in LIMIT_CODES:
            signal_limit_hit(code)
        return super().validation_error(code, *args)


class AccountAdapter(_LimitRecorder, DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """False: an upper app decides who may sign up."""
        return False

    def populate_username(self, request, user):
        """Set a random user name: people sign in by mail address."""
        user.username = uuid.uuid4().hex

    def clean_email(self, email):
        """The address in its normal form, so that one person has one account."""
        return normalise_mail(email)

    def format_email_subject(self, subject):
        """Our own format: its prefix is in the language of the reader."""
        return mail_subject(subject)

    def render_mail(self, template_prefix, email, context, headers=None):
        """Render a mail of allauth and set its kind and lifetime."""
        message = super().render_mail(template_prefix, email, context, headers)
        account_mail.mark_message(message, template_prefix)
        message.is_dropped = not mail_limits.may_send(self.request, message.kind, email)
        return message

    def send_account_already_exists_mail(self, email):
        """Spend as much time as creating an account does, so that the response time reveals
        nothing.
        """
        make_password(DUMMY_INPUT)
        super().send_account_already_exists_mail(email)

    def pre_authenticate(self, request, **credentials):
        """Count this attempt. Raises ValidationError when there were too many."""
        login = normalise_mail(credentials.get("email") or credentials.get("username") or "")
        self._try = begin_attempt(request, login)
        if self._try is None:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request, **credentials):
        """The user of a right password, else None; a right password is not counted as a failure."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            discard_attempt(self._try)
        return user

    def get_login_redirect_url(self, request):
        """The page that was asked for before signing in, else the first page."""
        return way_back_of(request) or super().get_login_redirect_url(request)

    def post_login(self, request, user, **more):
        """The URL after signing in; remembers this device as known to the account."""
        response = super().post_login(request, user, **more)
        forget_way_back(request, response)
        if user.email:
            new_devices.note_device(request, response, user, is_first=request.is_first_sign_in)
            passkey_offers.offer_passkey(request, response, user, method_used(request, user))
        return response

    def pre_login(self, request, user, **more):
        """Refuse, with a message, accounts that are disabled or may not use this method."""
        answer = super().pre_login(request, user, **more)
        access = access_of(user)
        if answer is None and not may_use_method(access.kind, method_used(request, user)):
            return self._refuse(request, user, sign_in_refusal(access.kind))
        if answer is None and access.is_stopped:
            return self._refuse(request, user, STOPPED_BY_ROSTER)
        return answer

    def _refuse(self, request, user, why):
        note_security_event(SecurityKind.SIGN_IN_FAILED, user=user, detail="no_way_in")
        clear_login(request)
        messages.error(request, why)
        return redirect("account_login")

    def login(self, request, user):
        """Begin the session. Raises PermissionDenied when the account may not use this method."""
        self._require_way(user, method_used(request, user))
        request.is_first_sign_in = user.last_login is None
        super().login(request, user)

    def logout(self, request):
        """End the session and the browser's push subscription."""
        sign_out(request)

    def set_password(self, user, password):
        """Store a new password. Raises PermissionDenied when this kind of account has none."""
        self._require_way(user, SignInMethod.PASSWORD)
        super().set_password(user, password)

    def confirm_email(self, request, email_address):
        """Store an address as confirmed. Raises PermissionDenied when this kind of account has
        none.
        """
        self._require_way(email_address.user, SignInMethod.PASSWORD)
        return super().confirm_email(request, email_address)

    def _require_way(self, user, method):
        if not may_sign_in(user, method):
            raise PermissionDenied(sign_in_refusal(access_of(user).kind))

    def get_reauthentication_methods(self, user):
        """The reauthentication methods: the second factor where there is one.

        Otherwise the password alone could remove the second factor.
        """
        methods = super().get_reauthentication_methods(user)
        by_factor = [each for each in methods if each["id"] != "reauthenticate"]
        return by_factor or methods

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """Mail the addresses to warn, and the address that this change removed."""
        context = context or {}
        addresses = account_mail.addresses_to_warn(user) | {email}
        addresses |= {context.get("from_email"), context.get("deleted_email")}
        with speaking_to(user):
            for address in sorted(addresses - {None, ""}):
                super().send_notification_mail(template_prefix, user, context, email=address)


class MFAAdapter(_LimitRecorder, DefaultMFAAdapter):
    """Encrypts the secrets of second factors (TOTP, the seed of recovery codes) in their rows."""

    def encrypt(self, text):
        """The encrypted secret."""
        return sealed_text.seal(text, MFA_LABEL)

    def decrypt(self, encrypted_text):
        """The decrypted secret; a secret stored before encryption is returned as it is."""
        return sealed_text.unseal(encrypted_text, MFA_LABEL)

    def get_totp_label(self, user):
        return user.email

    def get_public_key_credential_rp_entity(self):
        """What a device shows beside the passkey: the portal's name, whatever its address."""
        return {**super().get_public_key_credential_rp_entity(), "name": settings.MFA_TOTP_ISSUER}

    def generate_authenticator_name(self, user, type):  # noqa: A002 - allauth's name
        """The kind of device on which a key is added: what its owner tells keys apart by."""
        return device_words(device_of(context.request.headers.get("User-Agent", "")))


def method_used(request, user) -> SignInMethod:
    """How this session was or is being signed in, of an account's methods."""
    if did_use_passwordless_login(request, user):
        return SignInMethod.PASSKEY
    used = {record["method"] for record in get_authentication_records(request, user)}
    return SignInMethod.MYNA if SignInMethod.MYNA in used else SignInMethod.PASSWORD


def user_display(user):
    """The mail address: how allauth's pages name an account."""
    return user.email or gettext("利用者")
