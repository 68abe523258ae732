"""The entry point of the web server: ``python -m granian --interface asginl kaga_portal.asgi:application``.

Each request is read whole before Django (WSGI) gets a thread for it (kaga_portal.buffered_wsgi).
"""

import os

from django.conf import settings

from kaga_portal.buffered_wsgi import BufferedWsgi
from kaga_portal.upload_limits import limit_for
from kaga_portal.wsgi import application as wsgi_application

application = BufferedWsgi(
    wsgi_application,
    default_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    limit_for=limit_for,
    threads=int(os.environ.get("WEB_THREADS", "1")),
)
