"""Real servers for the tests, up before Django reads its settings (``-p tests.servers``)."""

import os

os.environ.setdefault("PORTAL_MODE", "test")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver keeps a loop

from kaga_portal import embedded  # noqa: E402

embedded.ensure("test")
