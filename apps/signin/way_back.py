"""Where an adult goes on after signing in, or after proving again who they are.

Kept in a short sealed cookie, never in an address.

The cookie belongs to whoever signed in last on this browser; nobody else is led there. Students
always begin at their first page, and nothing is kept of their pages: the next person at a shared
tablet must not learn what was asked for last.
"""

import json

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.signin import form_owners, sealed_cookies

COOKIE_NAME = "way_back"
LIFETIME_S = 10 * 60
MAX_CHARS = 500
NEVER_KEPT = {"checkins", "helpline"}  # pages of students alone


def keep_way_back(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the path of this page, unless it is or may be a student's."""
    owner, at = form_owners.last_signed_in(request), request.resolver_match
    path = request.get_full_path()
    is_students = (owner and owner.is_student) or (at and at.app_name in NEVER_KEPT)
    if request.method not in ("GET", "HEAD") or is_students or len(path) > MAX_CHARS:
        return forget_way_back(request, response)
    return keep_path(response, path, owner.user_pk if owner else "")


def keep_path(response: HttpResponse, path: str, owner_pk: object) -> None:
    """Keep a path for this person, who has to prove again who they are; "": for whoever signs in."""
    if len(path) <= MAX_CHARS:
        sealed = sealed_cookies.seal(COOKIE_NAME, json.dumps([path, str(owner_pk)]))
        sealed_cookies.set_cookie(response, COOKIE_NAME, sealed, LIFETIME_S)


def way_back_of(request: HttpRequest) -> str:
    """The path kept for the person who is signed in, or ""."""
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE_NAME), "")
    text = sealed_cookies.unseal(COOKIE_NAME, sealed, LIFETIME_S) if sealed else ""
    path, owner_pk = json.loads(text) if text else ("", "")
    is_theirs = owner_pk in ("", str(request.user.pk))
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_theirs and is_ours else ""


def forget_way_back(request: HttpRequest, response: HttpResponse) -> None:
    """Delete the cookie, where there is one."""
    if sealed_cookies.cookie_name(COOKIE_NAME) in request.COOKIES:
        sealed_cookies.delete_cookie(response, COOKIE_NAME)
