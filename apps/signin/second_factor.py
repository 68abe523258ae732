"""Whether this session, not only its user, has used a second factor."""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from apps.people.account_kinds import is_staff_account
from apps.people.models import User

SECOND_FACTOR_TYPES = [
    Authenticator.Type.TOTP,
    Authenticator.Type.WEBAUTHN,
]  # recovery codes exist only beside one


def has_second_factor(user: User) -> bool:
    """Whether the user has set up a second factor."""
    return is_mfa_enabled(user, SECOND_FACTOR_TYPES)


def is_verified(request: HttpRequest) -> bool:
    """Whether this session has used a second factor that its user still has; cached on the
    request's user.
    """
    if not hasattr(request, "second_factor_is_used"):
        records = get_authentication_records(request, request.user)
        ids = {record.get("id") for record in records if record["method"] == "mfa"}
        known = Authenticator.objects.filter(user=request.user.pk, pk__in=ids - {None})
        request.second_factor_is_used = bool(ids) and known.exists()
    return request.second_factor_is_used


def may_open_staff_pages(request: HttpRequest) -> bool:
    """Whether staff pages open: a post today, and a second factor used in this session.

    教育情報セキュリティポリシー, class II. Having a factor is not enough: a session begun with the password alone
    has to use it first.
    """
    user = request.user
    is_staff = user.is_active and user.is_staff and is_staff_account(user)
    return is_staff and bool(user.current_posts) and is_verified(request)
