"""A step, run with the code of the last release: signs its people in; prints their session keys."""

import json
import os

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from apps.core.municipality_scope import everywhere  # noqa: E402
from apps.people.models import User  # noqa: E402
from tests import factories  # noqa: E402


def session_of(pk):
    client = Client()
    factories.force_sign_in(client, User.objects.get(pk=pk))
    return factories.with_recent_pin(client).session.session_key


with everywhere("after_restore"):
    users = json.loads(os.environ["USERS"])
    sessions = {who: session_of(pk) for who, pk in users.items()}
print(json.dumps({"cookie": settings.SESSION_COOKIE_NAME, **sessions}))  # noqa: T201
