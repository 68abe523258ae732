"""The ASGI door, for hosts that only speak ASGI. The portal itself is served over WSGI."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
application = get_asgi_application()
