"""A body that was larger than it may be leaves a security event; Django never sees its request."""

from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started

from apps.audit.models import SecurityKind
from apps.core import origin
from apps.people.security import address_name, note


def note_refused(environ: dict[str, Any]) -> None:
    """Record it; in a thread that may ask the database."""
    request_started.send(note_refused, environ=environ)  # connections that were cut are noticed
    try:
        request = WSGIRequest({**environ, "wsgi.input": BytesIO()})
        with origin.serving(request):
            detail = address_name(request.path_info) or "too_large"
            note(SecurityKind.UPLOAD_REFUSED, detail=detail)
    finally:
        request_finished.send(note_refused)
