"""Saves what a city says its codes mean."""

from django.db import transaction

from apps.people.services.recorded_changes import record_change


@transaction.atomic
def save_code(code, *, by, fields):
    """Save a code that staff of the city entered, and record which ``fields`` changed."""
    code.save()
    record_change(code, by, fields, verb="linkage.edit")
    return code
