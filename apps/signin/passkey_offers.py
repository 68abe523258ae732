"""Offers a passkey once on each device, to whoever has signed in there with a password.

The offer is kept in the session; a sealed cookie of the device says to which accounts it was made.
"""

import json

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse

from apps.people.account_kinds import kind_of_account
from apps.people.models import User
from apps.people.normalisation import normalise_mail
from apps.signin import sealed_cookies
from apps.signin.known_devices import LIFETIME_S, MAX_ACCOUNTS, account_tag
from apps.signin.sign_in_methods import SignInMethod, may_use_method

COOKIE_NAME = "passkey_offered"
SESSION_KEY = "signin.passkey_offer"


def offer_passkey(
    request: HttpRequest, response: HttpResponse, user: User, method: SignInMethod
) -> None:
    """Offer a passkey on the first pages of this session, unless this device was asked before."""
    tag, asked = account_tag(normalise_mail(user.email)), _asked(request)
    if method != SignInMethod.PASSWORD or tag in asked:
        return
    if not may_use_method(kind_of_account(user), SignInMethod.PASSKEY) or has_key(user):
        return
    request.session[SESSION_KEY] = True
    newest = json.dumps([*asked, tag][-MAX_ACCOUNTS:])
    sealed = sealed_cookies.seal(COOKIE_NAME, newest)
    sealed_cookies.set_cookie(response, COOKIE_NAME, sealed, LIFETIME_S)


def has_key(user: User) -> bool:
    """Whether the user has a passkey or a security key."""
    keys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return keys.exists()


def can_sign_in_with_key(user: User) -> bool:
    """Whether one of the user's keys opens without a password, as its device said when added."""
    keys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return any(key.wrap().is_passwordless for key in keys)


def is_offered(request: HttpRequest) -> bool:
    """Whether the first page offers a passkey."""
    return bool(request.session.get(SESSION_KEY))


def withdraw_offer(request: HttpRequest) -> None:
    """Offer it no more: there is one now, or its owner does not want one."""
    request.session.pop(SESSION_KEY, None)


def _asked(request):
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE_NAME), "")
    text = sealed_cookies.unseal(COOKIE_NAME, sealed, LIFETIME_S) if sealed else ""
    return json.loads(text) if text else []
