"""Model fields that are encrypted in their column: a dump of the database does not show them.

The sealer is named in settings.TEXT_SEALER (an object with ``seal`` and ``open``), because keys
belong to a higher layer. Such a column cannot be searched.
"""

import json
from functools import cache

from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string


class SealedTextField(models.TextField):
    """A TextField whose column holds encrypted text; the empty text stays empty."""

    def get_prep_value(self, value):
        """What is written: the sealed text. Sealed again each time."""
        value = super().get_prep_value(value)
        return _sealer().seal(value, self._place) if value else value

    def from_db_value(self, value, expression, connection):
        """The text; one older than sealing is read as it stands."""
        return _sealer().open(value, self._place) if value else value

    @property
    def _place(self):
        return f"{self.model._meta.db_table}.{self.column}"


class SealedJSONField(SealedTextField):
    """Any JSON-able value, sealed; one that does not open reads as {}."""

    def get_prep_value(self, value):
        """What is written: the sealed JSON."""
        return super().get_prep_value(value if value is None else json.dumps(value))

    def from_db_value(self, value, expression, connection):
        """The value; one older than sealing is read as it stands."""
        if value is None:
            return None
        try:
            return json.loads(super().from_db_value(value, expression, connection))
        except ValueError:
            return {}

    def to_python(self, value):
        """The value as it is: nobody types it."""
        return value

    def value_to_string(self, obj):
        """For a dump by Django's serializers: the JSON."""
        return json.dumps(self.value_from_object(obj))


@cache
def _sealer():
    return import_string(settings.TEXT_SEALER)
