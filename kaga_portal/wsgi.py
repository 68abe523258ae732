"""The WSGI door (granian --interface wsgi kaga_portal.wsgi:application)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
application = get_wsgi_application()
