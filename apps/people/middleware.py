"""Middleware that records refused requests as security events."""

from django.core.exceptions import DisallowedHost

from apps.audit.models import SecurityKind
from apps.core import request_context
from apps.people.services.security_events import note_security_event, url_name_of

REFUSAL_KINDS = {403: SecurityKind.ACCESS_REFUSED, 413: SecurityKind.UPLOAD_REFUSED}
NAMED_URL_PREFIXES = ("admin:", "signin:", "registration:", "staffing:", "account_", "mfa_")
FAMILY_PAGE = "page"
TOO_MANY, NOT_FOUND, UNREADABLE, INVALID = 429, 404, 400, 422


class SecurityEventMiddleware:
    """Makes the request available to services, and records how it was refused.

    A view may set ``request.security_kind`` to name the kind itself.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with request_context.bind_request(request):
            response = self.get_response(request)
            if response.status_code >= UNREADABLE and (kind := _kind(request, response)):
                user = getattr(request, "user", None)
                note_security_event(kind, user=user, detail=_place(request.path_info))
        return response


def _place(path):
    """The URL name of a staff or sign-in page; for a family's page only that it was one.

    Which page a child opened would reveal what the child was looking for.
    """
    name = url_name_of(path)
    return name if not name or name.startswith(NAMED_URL_PREFIXES) else FAMILY_PAGE


def _kind(request, response):
    """The kind of refusal, or "" where the response is none."""
    status = response.status_code
    if kind := getattr(request, "security_kind", ""):
        return kind
    if status == UNREADABLE and not _is_host_ours(request):
        return SecurityKind.HOST_REFUSED
    if status == TOO_MANY:
        return SecurityKind.LIMIT_HIT
    if status == INVALID and _has_files(request):
        return SecurityKind.UPLOAD_REFUSED
    if status == NOT_FOUND and _names_a_row(request):
        return SecurityKind.ACCESS_NOT_FOUND
    return REFUSAL_KINDS.get(status, "")


def _is_host_ours(request):
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _has_files(request):
    return bool(getattr(request, "_files", None))  # only if it was read already


def _names_a_row(request):
    """Whether a signed-in user asked for a row by id that does not exist for them."""
    match = getattr(request, "resolver_match", None)
    user = getattr(request, "user", None)
    return bool(match and match.kwargs and user is not None and user.is_authenticated)
