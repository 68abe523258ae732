"""The field for a child's name as it was when a record was made."""

from django.db import models

from apps.vault.key_ring_columns import RingColumn


def recorded_name_field() -> models.TextField:
    """A sealed name (services.recorded_names); "" on records older than this field."""
    return models.TextField(blank=True, default="", db_default="", editable=False)


def recorded_name_column(what: str) -> RingColumn:
    """How the name is sealed: bound to its row, under a key of the key ring."""
    return RingColumn("sealed_name", "name|{table}|{pk}", what=what)
