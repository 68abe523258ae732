"""The field for a child's name as it was when a record was made."""

from django.db import models


def kept_name() -> models.TextField:
    """A sealed name (services.kept_names); "" on records made before names were kept."""
    return models.TextField(blank=True, default="", db_default="", editable=False)
