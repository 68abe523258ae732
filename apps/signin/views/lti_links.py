"""Links to our pages for a 学習eポータル (LTI Deep Linking 2.0), and the key set it verifies us with."""

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.core.client_address import address_of
from apps.core.limits import RETRY_AFTER_HEADERS, allow
from apps.signin.forms import LinkForm
from apps.signin.lti_claims import LaunchRefused
from apps.signin.models import LtiPlatform
from apps.signin.services import lti_keys, lti_links
from apps.signin.services.lti_platforms import origins_of

log = logging.getLogger(__name__)


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def key_set(request):
    """Our public keys for LTI platforms (JWK set); the same for everybody."""
    return JsonResponse(lti_keys.key_set())


def link_page(
    request: HttpRequest, platform: LtiPlatform, claims: Mapping[str, Any]
) -> HttpResponse:
    """The pages to choose from, for a verified request; nobody is signed in."""
    try:
        asked, sealed = lti_links.sealed_request(platform, claims)
    except LaunchRefused as error:
        return _refused(request, error)
    form = _form(asked, initial={"sealed": sealed, "pages": _first(asked)})
    return render(request, "signin/lti_links.html", {"form": form, "platform": platform})


@login_not_required
@never_cache
@require_POST
def choose(request):
    """Send the chosen pages, or none, back to the platform: a signed response that is good once."""
    if not allow("lti.launch", address_of(request)):
        return HttpResponse(status=429, headers=RETRY_AFTER_HEADERS)
    try:
        waiting = lti_links.waiting_request(request.POST.get("sealed", ""))
        form = _form(waiting.asked, request.POST)
        if "none" not in request.POST and not form.is_valid():
            context = {"form": form, "platform": waiting.platform}
            return render(request, "signin/lti_links.html", context, status=422)
        pages = [] if "none" in request.POST else form.cleaned_data["pages"]
        token = lti_links.signed_response(waiting, pages)
    except LaunchRefused as error:
        return _refused(request, error)
    context = {"url": waiting.asked.return_url, "token": token}
    answer = render(request, "signin/lti_response.html", context)
    answer._csp_update = {"form-action": origins_of(waiting.platform)}
    return answer


def _form(asked, *args, **kwargs):
    choices = lti_links.link_choices()
    return LinkForm(*args, choices=choices, takes_several=asked.takes_several, **kwargs)


def _first(asked):
    """What is chosen at first: the check-in is what a lesson begins with."""
    return ["checkins:today"] if asked.takes_several else "checkins:today"


def _refused(request, error):
    log.info("no link was made: %s", error)
    return render(request, "signin/lti_no_link.html", status=403)
