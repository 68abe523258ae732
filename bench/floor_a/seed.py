"""Makes the schema, the tables and N signed-in users; prints their session keys as JSON.

``python -m bench.floor_a.seed N``; ``python -m bench.floor_a.seed names N`` prints the names of N users
with the password "a b c d 1" (settings: bench.floor_a.argon2).
"""

import json
import os
import sys
import uuid

from bench.in_process import set_up_django

os.environ["DJANGO_SETTINGS_MODULE"] = (
    "bench.floor_a.argon2" if sys.argv[1:2] == ["names"] else "bench.floor_a.settings"
)
set_up_django()

from django.conf import settings  # noqa: E402 - after Django is set up
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402


def signed_in(number):
    """The session key of a new user."""
    user = get_user_model().objects.create_user(f"{number}-{uuid.uuid4().hex}")
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def named(number):
    """The name of a new user with a password."""
    name = f"{number}-{uuid.uuid4().hex}"
    get_user_model().objects.create_user(name, password="a b c d 1")
    return name


if __name__ == "__main__":
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS floor_a")
    call_command("migrate", verbosity=0)  # auth first: the table without migrations names it
    call_command("migrate", run_syncdb=True, verbosity=0)
    make = named if sys.argv[1] == "names" else signed_in
    print(json.dumps([make(n) for n in range(int(sys.argv[-1]))]))
