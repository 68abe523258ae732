"""ASGI entry point: ``python -m granian --interface asginl kaga_portal.asgi:application``.

Each request is read completely before Django (WSGI) gets a thread for it
(kaga_portal.buffered_wsgi).
"""

import os

from django.conf import settings

from kaga_portal.buffered_wsgi import BufferedWsgi
from kaga_portal.wsgi import application as wsgi_application

# isort: split
from kaga_portal.body_refusals import record_refused_body  # both need Django set up
from kaga_portal.upload_limits import limit_for


def strict_transport() -> list[tuple[str, str]]:
    """The header of RFC 6797 as pages carry it; nothing where they carry none."""
    if not settings.SECURE_HSTS_SECONDS:
        return []
    value = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
    return [("Strict-Transport-Security", value)]


application = BufferedWsgi(
    wsgi_application,
    default_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    limit_for=limit_for,
    headers=strict_transport(),
    note_refused=record_refused_body,
    threads=int(os.environ.get("WEB_THREADS", "1")),
)
