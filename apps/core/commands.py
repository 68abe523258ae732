"""The base of the portal's management commands."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.municipality_scope import everywhere


class PortalCommand(BaseCommand):
    """A command of whoever runs the portal: it works for every municipality.

    Why is said in ``settings.ACROSS_MUNICIPALITIES`` under its name.
    """

    def execute(self, *args: Any, **options: Any) -> Any:
        """As Django's, for all municipalities."""
        with everywhere(self.__module__.rpartition(".")[2]):
            return super().execute(*args, **options)
