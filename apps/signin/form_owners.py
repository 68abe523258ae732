"""Whose page a posted form was drawn on, also when the session has ended since.

Django changes the secret of the form's token at each sign-in. A sealed cookie says which secrets
belong to whoever signed in last in this browser: the token in a form tells whose form it is. It
opens nothing and signs nobody in.
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
LIFETIME_S = 13 * 60 * 60  # no sign-in lasts so long (signin.session_life)
MAX_SIGN_INS = 8


class FormOwner(NamedTuple):
    """Who signed in last in this browser, and digests of the secrets of their forms."""

    user_pk: str
    is_student: bool
    secrets: list


def signed_in_pk(request: HttpRequest) -> str:
    """Whose session this is, without asking the database; "" of nobody."""
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES or request.session.accessed
    return request.session.get(SESSION_KEY, "") if has_session else ""


def remember_owner(request: HttpRequest, response: HttpResponse) -> None:
    """Remember that pages with the token of now are drawn for whoever is signed in."""
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
    """Who signed in last in this browser, as far as it says."""
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE_NAME), "")
    said = sealed_cookies.unseal(COOKIE_NAME, sealed, LIFETIME_S) if sealed else ""
    return FormOwner(*json.loads(said)) if said else None


def owner_of_posted_form(request: HttpRequest) -> FormOwner | None:
    """The person on whose page the posted form was drawn, else None."""
    owner, secret = last_signed_in(request), _posted_secret(request)
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_theirs = owner and secret and any(_digest(secret, key) in owner.secrets for key in keys)
    return owner if is_theirs else None


def _posted_secret(request):
    token = request.POST.get("csrfmiddlewaretoken", "")
    try:
        csrf._check_token_format(token)  # Django has no public way to read its own token
    except csrf.InvalidTokenFormat:
        return ""
    is_masked = len(token) == csrf.CSRF_TOKEN_LENGTH
    return csrf._unmask_cipher_token(token) if is_masked else token


def _digest(secret, key):
    return hmac.digest(key.encode(), b"signin.form_owners." + secret.encode(), "sha256").hex()[:24]
