"""Signing out without leaving anything on the device."""

import re

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.signin import code_cookies
from apps.signin.code_cookies import CARD, LETTER
from apps.signin.signout import clear_browser_data, sign_out

ASKED = re.compile(r"[0-9a-f-]{8,64}")


@login_not_required
@require_POST
def leave(request):
    """Sign out and leave nothing: session, caches and this browser's bell."""
    sign_out(request)
    answer = redirect("portal:home")
    for name in (CARD, LETTER):
        code_cookies.delete_code_cookie(answer, name)
    return clear_browser_data(request, answer)


@csrf_exempt  # a page of another origin cannot send the header
@login_not_required
@never_cache
@require_POST
def leave_proved(request):
    """Sign out and repeat what X-Leave asked with: only such an answer proves it to a tablet.

    No token is needed, so that a tablet can always finish what was begun without network. What
    the tablet stores it clears itself: what waits sealed in it may not go.
    """
    asked = request.headers.get("X-Leave", "")
    if not ASKED.fullmatch(asked):
        return JsonResponse({"error": "X-Leave is missing"}, status=400)
    sign_out(request)
    return JsonResponse({"left": asked}, headers={"Clear-Site-Data": '"cache"'})
