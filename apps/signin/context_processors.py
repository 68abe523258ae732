"""Template context about the sign-in: when it ends by itself, and whose kind it is."""

from django.db import DatabaseError

from apps.core.municipality_scope import across_municipalities
from apps.people.account_kinds import group_of_account
from apps.signin.models import MynaService
from apps.signin.passkey_offers import is_offered
from apps.signin.session_lifetime import LIFETIME_KEY, seconds_left


def session_expiry(request):
    """``expires_in_s``: seconds until this sign-in ends by itself.

    None for anonymous visitors and for students, whose tablets sign out by themselves.
    ``account_group``: "student", "guardian" or "staff", and "" for nobody or where it is not known.
    ``offers_passkey``: whether the first page offers a passkey.
    ``has_myna_sign_in``: whether a municipality lets guardians sign in with a My Number card.
    """
    return {
        "expires_in_s": lambda: _left(request),
        "account_group": lambda: _group(request),
        "offers_passkey": lambda: is_offered(request),
        "has_myna_sign_in": _has_myna_sign_in,
    }


@across_municipalities
def _has_myna_sign_in():
    return MynaService.objects.filter(is_on=True).exists()


def _group(request):
    user = getattr(request, "user", None)
    try:
        return group_of_account(user) if user is not None and user.is_authenticated else ""
    except DatabaseError:  # the page may be the one that says so
        return ""


def _left(request):
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or LIFETIME_KEY not in request.session:
        return None
    return None if group_of_account(user) == "student" else seconds_left(request.session)
