"""The portal's settings, as a superuser, for whom no policy counts, and with a backend that sends no scope."""

from kaga_portal.embedded_roles import SUPERUSER
from kaga_portal.settings import *  # noqa: F403
from kaga_portal.settings import CACHES, DATABASES

DATABASES["default"] |= {"ENGINE": "bench.unguarded.backend", "USER": SUPERUSER}
CACHES["default"] |= {"KEY_PREFIX": "unguarded"}  # limits of its own
