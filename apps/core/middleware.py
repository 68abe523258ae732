"""Middleware: headers of every answer, plain http, paths without session, NUL bytes."""

import re

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpResponseForbidden
from django.urls import resolve
from django.utils.cache import patch_cache_control
from django.views.defaults import bad_request

TEXT_TYPES = re.compile(r"(?:text/|[\w.+-]+/(?:[\w.+-]+\+)?(?:xml|javascript)$)")
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class SecurityHeaders:
    """Outermost: static files, redirects, refusals and errors carry these headers as well.

    Pages of a signed-in person are never stored by a browser or a proxy; nor are refusals. A school
    tablet is shared: without ``no-store`` the back button shows the last student's page after
    signing out (RFC 9111, section 5.2.2.5). The content security policy is the same for nearly all
    pages (no nonce): it is built once, not for each answer. A page whose form leads to another site
    uses django-csp's csp_update.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request):
        response = self.get_response(request)
        own = getattr(response, "_csp_update", None)
        response.headers.setdefault(HEADER, build_policy(update=own) if own else self.policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        kind = response.headers.get("Content-Type", "")
        if TEXT_TYPES.match(kind) and "charset" not in kind:
            response.headers["Content-Type"] = f"{kind}; charset=utf-8"
        return response


class RedirectPlainHttp:
    """Over plain http a page redirects to https; requests by scripts and machines get 403.

    A redirect would hide that a client has sent its secrets in the clear; so would one of a form
    that is posted. SecurityMiddleware, which stands behind this, redirects the rest. The answers to
    an inner balancer (settings.PLAIN_ADDRESSES) hold nothing and are given as asked.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.of_machines = re.compile(settings.HTTPS_ONLY_PATHS)

    def __call__(self, request):
        if not settings.SECURE_SSL_REDIRECT or request.is_secure():
            return self.get_response(request)
        path = request.path_info
        if path.strip("/") in settings.HTTP_PATHS:
            return self.get_response(request)
        if request.method not in SAFE_METHODS or self.of_machines.match(path):
            return HttpResponseForbidden("403 https\n", content_type="text/plain")
        return self.get_response(request)


class SessionlessPaths:
    """Paths that know no session by design skip everything that serves sessions.

    What never reads a cookie cannot act for the signed-in person. Nor can it sign anybody out: a
    worker being installed while somebody signs in would still send the old cookie, and the session
    middleware would answer it by deleting the new one.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.views = {}

    def __call__(self, request):
        path = request.path_info
        if path not in settings.SESSIONLESS_PATHS:
            return self.get_response(request)
        view = self.views.get(path) or self.views.setdefault(path, resolve(path).func)
        response = view(request)
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


class RejectNul:
    """A query or a form with NUL gets 400 (PostgreSQL stores no such text).

    It stands behind the CSRF check, by which time the form has been read. Requests without that
    check come from machines: their views read the body themselves.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """None, or the refusal."""
        is_form = request.content_type in FORM_TYPES and not getattr(view, "csrf_exempt", False)
        sent = [request.GET, request.POST] if is_form else [request.GET]
        named = [*args, *kwargs.values()]
        texts = [
            *named,
            *(text for each in sent for name, values in each.lists() for text in (name, *values)),
        ]
        if any(isinstance(text, str) and "\x00" in text for text in texts):
            return bad_request(request, None)
        return None
