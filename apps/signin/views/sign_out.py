"""Signing out without leaving data on the device."""

import re

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.people.services.neutral_pages import neutral_page_for
from apps.signin import code_cookies
from apps.signin.code_cookies import CARD, LETTER
from apps.signin.signout import clear_browser_data, sign_out

ASKED = re.compile(r"[0-9a-f-]{8,64}")


@login_not_required
@require_POST
def leave(request):
    """Sign out: session, caches and this browser's push subscription; then the first page.

    「すぐに閉じる」 leads to the neutral page of the municipality instead.
    """
    page = neutral_page_for(request.user) if "quick" in request.POST else ""
    sign_out(request)
    answer = redirect("portal:neutral", page) if page else redirect("portal:home")
    for name in (CARD, LETTER):
        code_cookies.delete_code_cookie(answer, name)
    return clear_browser_data(request, answer)


@csrf_exempt  # a page of another origin cannot send the header
@login_not_required
@never_cache
@require_POST
def leave_proved(request):
    """Sign out and return the value of X-Leave, which proves the sign-out to a tablet.

    No CSRF token is needed, so that a tablet can always finish a sign-out begun offline. The tablet
    clears its storage itself: encrypted answers that wait there must not be lost.
    """
    nonce = request.headers.get("X-Leave", "")
    if not ASKED.fullmatch(nonce):
        return JsonResponse({"error": "X-Leave is missing"}, status=400)
    sign_out(request)
    return JsonResponse({"left": nonce}, headers={"Clear-Site-Data": '"cache"'})
