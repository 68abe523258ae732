"""Records a body that was too large as a security event; Django never sees the request."""

from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started

from apps.audit.models import SecurityKind
from apps.core import request_context
from apps.people.services.security_events import note_security_event, url_name_of


def record_refused_body(environ: dict[str, Any]) -> None:
    """Record it; called in a thread that may use the database."""
    request_started.send(record_refused_body, environ=environ)  # detects lost connections
    try:
        request = WSGIRequest({**environ, "wsgi.input": BytesIO()})
        with request_context.bind_request(request):
            detail = url_name_of(request.path_info) or "too_large"
            note_security_event(SecurityKind.UPLOAD_REFUSED, detail=detail)
    finally:
        request_finished.send(record_refused_body)
