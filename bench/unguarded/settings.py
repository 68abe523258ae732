"""The portal's settings, as a role that passes every policy and without a word of any scope."""

from kaga_portal.embedded_roles import SUPERUSER
from kaga_portal.settings import *  # noqa: F403
from kaga_portal.settings import DATABASES

DATABASES["default"] |= {"ENGINE": "bench.unguarded.backend", "USER": SUPERUSER}
