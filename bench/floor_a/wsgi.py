"""The WSGI application of floor A (gunicorn bench.floor_a.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("FLOOR_SETTINGS", "bench.floor_a.settings")
application = get_wsgi_application()
