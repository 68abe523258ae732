"""Django as a WSGI application. The web server reaches it through kaga_portal.asgi.

A server that passes on requests with incomplete bodies would give its threads to slow clients.
"""

import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
logging.captureWarnings(True)  # log warnings like other lines
application = get_wsgi_application()

from kaga_portal.celery import app  # noqa: E402 - after Django is set up
from kaga_portal.startup_checks import refuse_if_unsafe  # noqa: E402

refuse_if_unsafe(app)
