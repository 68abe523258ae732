"""The maximum size of a request body, by URL and user, checked before the body is read."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, parse_cookie
from django.urls import Resolver404, resolve

from apps.core.municipality_scope import within
from apps.people.account_kinds import municipalities_of
from apps.people.permissions import may
from apps.signin import second_factor, session_lifetime

# The most bytes of a body at upload URLs, by URL name, and the permission verb of the uploader
# (people.permissions.MAY). The form has its own limit: these are a little larger, so that a
# sentence answers and not a bare page.
UPLOAD_LIMITS = {
    "admin:linkage_upload": (210_000_000, "linkage.bring"),
    "admin:linkage_file_mapping": (210_000_000, "linkage.edit"),
    "admin:notices_supportorganisation_import": (20_000_000, "notices.edit"),
    "admin:registration_guardian_list_upload": (21_000_000, "guardians.list"),
    "admin:roster_upload": (410_000_000, "roster.import"),
}


def limit_for(environ: dict[str, Any]) -> int:
    """The maximum body size of this request; called in a thread that may use the database.

    More than the default only at the URLs of UPLOAD_LIMITS, and only for staff whose session has
    used its second factor and who may upload such a file: nobody else can make the server read and
    store what it will refuse.
    """
    usual = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    found = _limit_of_address(environ["PATH_INFO"].encode("latin-1").decode(errors="replace"))
    if found is None or environ["REQUEST_METHOD"] != "POST":
        return usual
    larger, verb = found
    request_started.send(limit_for, environ=environ)  # detects lost connections
    try:
        return larger if _may_bring(environ.get("HTTP_COOKIE", ""), verb) else usual
    finally:
        request_finished.send(limit_for)


def _limit_of_address(path):
    try:
        return UPLOAD_LIMITS.get(resolve(path).view_name)
    except Resolver404:
        return None


def _may_bring(cookies, verb):
    session_key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if session_key is None:
        return False
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if session_lifetime.LIFETIME_KEY not in request.session or session_lifetime.is_over(
        request.session
    ):
        return False
    request.user = get_user(request)
    if not request.user.is_authenticated:
        return False
    with within(municipalities_of(request.user)):
        return second_factor.may_open_staff_pages(request) and may(request.user, verb)
