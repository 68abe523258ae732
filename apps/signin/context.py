"""What a page must know to empty itself when its sign-in has ended."""

from apps.people.account_kinds import group_today
from apps.signin.session_life import NAME, seconds_left


def expiry(request):
    """``expires_in_s``: seconds until this sign-in ends by itself; None for students, whose
    tablets sign out by themselves, and for nobody."""
    return {"expires_in_s": lambda: _left(request)}


def _left(request):
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or NAME not in request.session:
        return None
    return None if group_today(user) == "student" else seconds_left(request.session)
