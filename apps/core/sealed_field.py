"""A text that stands sealed in its column: a dump of the database does not show it.

What seals is named in settings.TEXT_SEALER (an object with ``seal`` and ``open``), because keys
belong to a higher layer. Such a column cannot be searched.
"""

from functools import cache

from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string


class SealedTextField(models.TextField):
    """A TextField whose column holds its text sealed; the empty text stays empty."""

    def get_prep_value(self, value):
        """What is written: the sealed text. Sealed anew each time."""
        value = super().get_prep_value(value)
        return _sealer().seal(value, self._place) if value else value

    def from_db_value(self, value, expression, connection):
        """The text; one from before it was sealed is read as it stands."""
        return _sealer().open(value, self._place) if value else value

    @property
    def _place(self):
        return f"{self.model._meta.db_table}.{self.column}"


@cache
def _sealer():
    return import_string(settings.TEXT_SEALER)
