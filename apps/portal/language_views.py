"""Choosing the language of the pages."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.core.languages import CODES, COOKIE, COOKIE_AGE_S
from apps.people.services.page_languages import choose_language


@login_not_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the choice with the account, or in a cookie of a visitor, and go back to the page."""
    language = request.POST.get("language", "")
    if language not in CODES:
        return HttpResponseBadRequest("400 language\n", content_type="text/plain")
    answer = redirect(_back(request))
    if request.user.is_authenticated:
        choose_language(request.user, language)
    else:
        answer.set_cookie(
            COOKIE, language, max_age=COOKIE_AGE_S, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return answer


def _back(request):
    back = request.POST.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours else "portal:home"
