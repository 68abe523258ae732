"""The field for a child's name as it was when a record was made."""

import pgtrigger
from django.db import models

from apps.core.models import append_only, only_sealed_anew
from apps.vault.ring_columns import RingColumn


def kept_name() -> models.TextField:
    """A sealed name (services.kept_names); "" on records made before names were kept."""
    return models.TextField(blank=True, default="", db_default="", editable=False)


def kept_name_column(what: str) -> RingColumn:
    """How the name is sealed: bound to its row, naming the key of the ring."""
    return RingColumn("sealed_name", "name|{table}|{pk}", what=what)


def append_only_but_the_seal() -> list:
    """Triggers of a record that never changes: only its name is sealed anew when keys rotate."""
    return [
        *append_only(pgtrigger.Delete),
        pgtrigger.ReadOnly(name="record_stays", exclude=["sealed_name"]),
        only_sealed_anew("sealed_name"),
    ]
