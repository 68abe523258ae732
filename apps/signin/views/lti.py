"""Starting the portal from a 学習eポータル (LTI 1.3, OpenID Connect third-party initiated login).

The platform answers by a form posted from its own site, with which a browser sends no cookie of
ours (SameSite=Lax): the page that takes it posts it once more from here. In a frame nothing begins:
a page there leads into a window of its own. So no cookie needs SameSite=None.
"""

import hmac
import json
import logging
import secrets
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from apps.audit.models import SecurityKind
from apps.core.client_address import address_of
from apps.core.limits import RETRY_AFTER_HEADERS, allow
from apps.people.services.security_events import note_security_event
from apps.signin import sealed_cookies
from apps.signin.backends import BACKEND_PATHS
from apps.signin.lti_claims import LaunchRefused
from apps.signin.lti_links import is_link_request
from apps.signin.services import lti_platforms
from apps.signin.sign_in_methods import SignInMethod
from apps.signin.student_devices import mark_student_device
from apps.signin.views import lti_links

COOKIE, LIFETIME_S = "lti", 10 * 60
FRAMES = {"iframe", "frame", "embed", "object"}
PASSED_ON = ("login_hint", "lti_message_hint")
MAX_CHARS = 20_000
log = logging.getLogger(__name__)


@csrf_exempt  # begins nothing for the signed-in person: the answer is bound to the cookie set here
@xframe_options_exempt  # the content security policy names who may frame it
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def begin(request):
    """Redirect to the platform with state and nonce; out of a frame first."""
    if not allow("lti.begin", address_of(request)):
        return HttpResponse(status=429, headers=RETRY_AFTER_HEADERS)
    given = request.GET if request.method == "GET" else request.POST
    sent = {name: given.get(name, "")[:2000] for name in ("iss", "client_id", *PASSED_ON)}
    platform = lti_platforms.platform_of_request(sent["iss"], sent["client_id"])
    if platform is None or not sent["login_hint"]:
        return _refused(request, "platform")
    if request.headers.get("Sec-Fetch-Dest", "") in FRAMES:
        return _framed(render(request, "signin/lti_window.html", {"sent": sent}))
    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(32)
    asked = {
        "response_type": "id_token", "response_mode": "form_post", "scope": "openid",
        "prompt": "none", "client_id": platform.client_id, "redirect_uri": _launch_url(),
        "state": state, "nonce": nonce,
    } | {name: sent[name] for name in PASSED_ON if sent[name]}  # fmt: skip
    joint = "&" if "?" in platform.auth_url else "?"
    answer = HttpResponseRedirect(f"{platform.auth_url}{joint}{urlencode(asked)}")
    content = json.dumps([state, nonce, str(platform.pk)])
    sealed_cookies.set_cookie(answer, COOKIE, sealed_cookies.seal(COOKIE, content), LIFETIME_S)
    return answer


@csrf_exempt  # the state in the sealed cookie, which no other site sends, is the proof
@login_not_required
@never_cache
@require_POST
def launch(request):
    """Sign in the student whom the platform's token names; the cookie's state works once.

    A teacher's request for links gets their page instead, and signs in nobody.
    """
    token, state = request.POST.get("id_token", "")[:MAX_CHARS], request.POST.get("state", "")[:200]
    cookie = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE), "")
    if not cookie and "again" not in request.POST and token and state:
        context = {"token": token, "state": state, "who": None}  # no form with a token of a session
        return render(request, "signin/lti_again.html", context)
    if not allow("lti.launch", address_of(request)):
        return HttpResponse(status=429, headers=RETRY_AFTER_HEADERS)
    platform = None
    try:
        platform, nonce = _begun(cookie, state)
        claims = lti_platforms.verified_claims(platform, token, nonce)
        if is_link_request(claims):
            answer = lti_links.link_page(request, platform, claims)
            sealed_cookies.delete_cookie(answer, COOKIE)
            return answer
        found = lti_platforms.launch_of(platform, claims)
        user = lti_platforms.user_of_launch(platform, found)
    except LaunchRefused as error:
        return _refused(request, str(error), platform and platform.municipality_id)
    login(request, user, backend=BACKEND_PATHS[SignInMethod.LTI])
    answer = redirect(found.path)  # asks for the PIN first
    mark_student_device(answer)
    sealed_cookies.delete_cookie(answer, COOKIE)
    return answer


def _begun(cookie, state):
    """(platform, nonce) of the launch that this browser began. Raises LaunchRefused."""
    text = sealed_cookies.unseal(COOKIE, cookie, LIFETIME_S) if cookie else ""
    if not text:
        raise LaunchRefused("cookie")
    known, nonce, pk = json.loads(text)
    if not hmac.compare_digest(known.encode(), state.encode()):
        raise LaunchRefused("state")
    if not cache.add(f"lti.nonce:{nonce}", 1, LIFETIME_S):
        raise LaunchRefused("used")
    platform = lti_platforms.platform_in_use(pk)
    if platform is None:
        raise LaunchRefused("platform")
    return platform, nonce


def _refused(request, code, city_id=None):
    log.info("a launch proved nothing: %s", code)
    note_security_event(SecurityKind.SIGN_IN_FAILED, detail="lti")
    answer = render(request, "signin/lti_refused.html", {"city_id": city_id}, status=403)
    sealed_cookies.delete_cookie(answer, COOKIE)
    return answer


def _framed(response):
    """The response, which pages of the platforms may show, and whose form leads back to them."""
    origins = lti_platforms.form_origins()
    response._csp_update = {"frame-ancestors": origins, "form-action": origins}
    return response


def _launch_url():
    return settings.PORTAL_URL + reverse("signin:lti_launch")
