"""Values that every template may use."""

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from apps.core.languages import html_lang

ACCOUNT_MARK_SALT = "core.context.who"


def portal(request):
    """``is_demo``: say on every page that the people and records are invented.

    ``who``: a mark of the signed-in account that reveals nobody, "" for nobody, None where the page
    has no session: the tabs of a tablet compare it (static/js/app.js). ``page_languages``: the
    choices, ``page_language`` the language of now. ``has_self_info``: whether there is a マイナポータル
    (or its stand-in) to go to.
    """
    has_self_info = bool(settings.SELF_INFO_URL or settings.SELF_INFO_SANDBOX_URL)
    return {
        "is_demo": settings.IS_DEMO,
        "has_self_info": has_self_info,
        "who": lambda: _mark(request),
        "html_lang": html_lang,
        "page_language": get_language,
        "page_languages": settings.LANGUAGES,
    }


def _mark(request):
    user = getattr(request, "user", None)
    return None if user is None else account_mark(user)


def account_mark(user) -> str:
    """A mark of an account that does not reveal whose it is; "" for nobody."""
    if not user.is_authenticated:
        return ""
    return salted_hmac(ACCOUNT_MARK_SALT, str(user.pk), algorithm="sha256").hexdigest()[:24]
