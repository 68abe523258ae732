"""Migrate the database of the benches: ``python -m bench.migrate``."""

import os

import django
from django.core.management import call_command

from tests.quick_migrations import quick_migrations

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
    django.setup()
    with quick_migrations():
        call_command("migrate", verbosity=0)
