"""Rows that a municipality's people write themselves: saved and deleted with a line in the record."""

from django.db import transaction
from django.db.models import Model

from apps.people.models import User
from apps.people.services.recorded_changes import record_change


@transaction.atomic
def save_city_row(row: Model, *, by: User, fields: list[str], verb: str) -> None:
    """Save a checked row and record which fields changed."""
    row.save()
    record_change(row, by, fields, verb=verb)


@transaction.atomic
def delete_city_row(row: Model, *, by: User, verb: str) -> None:
    """Delete a row, and record it."""
    record_change(row, by, ["deleted"], verb=verb)
    row.delete()
