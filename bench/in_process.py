"""Django for what a bench does in its own process.

It works as who may do everything: it fills, empties and measures tables. Web servers and workers that
it starts work as the portal's own role; what row-level security costs them is in row_security.py.
"""

# ruff: noqa: PLC0415 - Django is imported once its database is there
from kaga_portal.embedded_roles import SUPERUSER


def set_up_django() -> None:
    """As django.setup(), for the servers of this bench."""
    import django
    from django.conf import settings

    django.setup()
    if getattr(settings, "OWNER_DATABASE_URL", ""):  # the portal's settings, embedded servers
        settings.DATABASES["default"]["USER"] = SUPERUSER
        settings.OWNER_DATABASE["USER"] = ""
