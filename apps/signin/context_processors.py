"""Template context that lets a page clear itself when its sign-in has ended."""

from apps.people.account_kinds import group_of_account
from apps.signin.session_lifetime import LIFETIME_KEY, seconds_left


def session_expiry(request):
    """``expires_in_s``: seconds until this sign-in ends by itself.

    None for anonymous visitors and for students, whose tablets sign out by themselves.
    """
    return {"expires_in_s": lambda: _left(request)}


def _left(request):
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or LIFETIME_KEY not in request.session:
        return None
    return None if group_of_account(user) == "student" else seconds_left(request.session)
