"""The first pages, and the three files that make the portal an app."""

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.finders import find
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from apps.checkins.delivery_response import delivery_response
from apps.people.account_kinds import is_staff_account
from apps.people.neutral_pages import outside_address
from apps.portal import screens
from apps.portal.services.delivered_requests import deliver_help_requests

# pages and worker
SHARED_SCRIPTS = (
    "js/timeouts.js",
    "js/tablet_store.js",
    "js/outbox.js",
    "js/push_binding.js",
    "js/sign_out_mark.js",
)
WORKER_SCRIPTS = (
    *SHARED_SCRIPTS,
    "js/offline_cache.js",
    "js/worker_requests.js",
    "js/push_messages.js",
)
OFFLINE_PAGES = ("portal:offline", "portal:not_sent", "portal:blank")
CACHED_FILES = (
    "css/tokens.css",
    "css/portal.css",
    "js/app.js",
    *SHARED_SCRIPTS,
    "js/shared_tablet.js",
    "js/offline_page.js",
    "js/blank_page.js",
    "js/form_resend.js",
    "js/sealed_box.js",
    "js/offline_help_request.js",
    "img/mark.svg",
    "img/icon-192.png",
)


@login_not_required
@require_safe
def home(request):
    """The public start page, or the first page of the signed-in person."""
    user = request.user
    if not user.is_authenticated:
        return render(request, "portal/welcome.html")
    if is_staff_account(user):
        return redirect("admin:index")
    student = screens.student_of(user)
    if student is not None:
        return render(
            request, "portal/student.html", screens.student_screen(student, request.session)
        )
    return render(request, "portal/guardian.html", screens.guardian_screen(user))


@login_not_required
@require_safe
@cache_control(max_age=3600, public=True)
def manifest(request):
    """The web app manifest (W3C Application Manifest)."""
    return JsonResponse(
        {
            "id": "/",
            "name": "加賀ポータル",
            "short_name": "加賀ポータル",
            "description": "学校の チェックイン・お知らせ・話せる場所",
            "lang": "ja",
            "dir": "ltr",
            "start_url": "/?s=pwa",
            "scope": "/",
            "display": "standalone",
            "theme_color": "#faf7f1",
            "background_color": "#faf7f1",
            "categories": ["education"],
            "prefer_related_applications": False,
            "icons": [
                _icon("img/icon-192.png", "192x192"),
                _icon("img/icon-512.png", "512x512"),
                {**_icon("img/maskable-512.png", "512x512"), "purpose": "maskable"},
            ],
            "shortcuts": [
                {"name": "きょうの わたし", "url": reverse("checkins:today")},
                {"name": "お知らせ", "url": reverse("notices:inbox")},
                {"name": "話せる 場所", "url": reverse("notices:places")},
            ],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@login_not_required
@require_safe
@cache_control(no_cache=True)
def service_worker(request):
    """The service worker at the root, so that its scope is the whole portal."""
    context = {
        "version": _version(b"".join(view(request).content for view in (offline, not_sent, blank))),
        "shell": json.dumps([*map(reverse, OFFLINE_PAGES), *map(static, CACHED_FILES)]),
        "offline": reverse("portal:offline"),
        "not_sent": reverse("portal:not_sent"),
        "staff": reverse("admin:index"),
        "static_url": f"/{settings.STATIC_URL.strip('/')}/",
        "icon": static("img/icon-192.png"),
        "scripts": ", ".join(json.dumps(static(name)) for name in WORKER_SCRIPTS),
        "leave": reverse("signin:leave_proved"),
        "places": reverse("notices:places"),
    }
    answer = render(request, "portal/sw.js", context, content_type="text/javascript")
    answer["Service-Worker-Allowed"] = "/"
    return answer


@login_not_required
@require_safe
@cache_control(no_cache=True)
def offline(request):
    """What the worker shows without network. Names nobody: it is stored on the tablet."""
    # No personal message may end in the cache of a shared tablet.
    return render(request, "portal/offline.html", {"messages": None})


@login_not_required
@require_safe
@cache_control(no_cache=True)
def not_sent(request):
    """What the worker shows when a form got no answer. Names nobody: it is stored on the tablet."""
    return render(request, "portal/not_sent.html", {"messages": None})


@login_not_required
@require_safe
@cache_control(no_cache=True)
def blank(request):
    """A page that says nothing: where 「すぐに閉じる」 leads, signed in or not, with network or not."""
    return render(request, "portal/blank.html", {"messages": None})


@login_not_required
@require_safe
def neutral(request, code):
    """The page of the allow-list with this code: our own blank one, or the way on to one outside."""
    outside = outside_address(code)
    if not outside:
        return redirect("portal:blank")
    return render(request, "portal/blank.html", {"messages": None, "outside": outside})


@csrf_exempt  # no cookie is read: the sealed ticket names the writer
@login_not_required
@require_POST
def deliver(request):
    """Sealed help requests that waited on a tablet; each result carries its key and digest."""
    return delivery_response(request, deliver_help_requests)


def _icon(name, sizes):
    return {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": "any"}


def _version(pages):
    """Changes when the cached pages change, as rendered, or any file they need."""
    digest = hashlib.sha256(pages)
    for name in (*CACHED_FILES, *WORKER_SCRIPTS):
        digest.update(static(name).encode())
        digest.update(_content(name))
    return digest.hexdigest()[:12]


def _content(name):
    path = find(name)
    return Path(path).read_bytes() if path else b""
