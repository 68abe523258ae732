"""Finds the user for whom a posted form was rendered, also after the session has ended.

Django changes the CSRF secret at each sign-in. A sealed cookie lists the secrets of the user who
signed in last in this browser, so the form's token identifies its user. The cookie signs nobody in.
"""

import hmac
import json
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf

from apps.people.account_kinds import group_of_account
from apps.signin import sealed_cookies

COOKIE_NAME = "form_owner"
LIFETIME_S = 13 * 60 * 60  # no sign-in lasts longer (signin.session_lifetime)
MAX_SIGN_INS = 8


class FormOwner(NamedTuple):
    """The last signed-in user of this browser, with digests of their CSRF secrets."""

    user_pk: str
    is_student: bool
    secrets: list


def signed_in_pk(request: HttpRequest) -> str:
    """The signed-in user's id from the session, without a query; "" when anonymous."""
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES or request.session.accessed
    return request.session.get(SESSION_KEY, "") if has_session else ""


def remember_owner(request: HttpRequest, response: HttpResponse) -> None:
    """Store the current CSRF secret for the signed-in user."""
    secret, user_pk = request.META.get("CSRF_COOKIE"), signed_in_pk(request)
    if not secret or not user_pk:
        return
    digest, known = _digest(secret, settings.SECRET_KEY), last_signed_in(request)
    before = known.secrets if known and known.user_pk == user_pk else []
    if digest in before:
        return
    is_student = group_of_account(request.user) == "student"
    owner = [user_pk, is_student, [digest, *before][:MAX_SIGN_INS]]
    sealed_cookies.set_cookie(
        response, COOKIE_NAME, sealed_cookies.seal(COOKIE_NAME, json.dumps(owner))
    )


def last_signed_in(request: HttpRequest) -> FormOwner | None:
    """The last signed-in user according to the cookie."""
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE_NAME), "")
    text = sealed_cookies.unseal(COOKIE_NAME, sealed, LIFETIME_S) if sealed else ""
    return FormOwner(*json.loads(text)) if text else None


def owner_of_posted_form(request: HttpRequest) -> FormOwner | None:
    """The user for whom the posted form was rendered, or None."""
    owner, secret = last_signed_in(request), _posted_secret(request)
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_theirs = owner and secret and any(_digest(secret, key) in owner.secrets for key in keys)
    return owner if is_theirs else None


def _posted_secret(request):
    token = request.POST.get("csrfmiddlewaretoken", "")
    try:
        csrf._check_token_format(token)  # Django has no public function that reads its own token
    except csrf.InvalidTokenFormat:
        return ""
    is_masked = len(token) == csrf.CSRF_TOKEN_LENGTH
    return csrf._unmask_cipher_token(token) if is_masked else token


def _digest(secret, key):
    return hmac.digest(key.encode(), b"signin.form_owners." + secret.encode(), "sha256").hex()[:24]
