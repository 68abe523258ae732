"""Saves what a city says its codes mean."""

from django.db import transaction

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.people.permissions import role_of


@transaction.atomic
def save_code(code, *, by, fields):
    """Save a code that staff of the city entered, and record which ``fields`` changed."""
    code.save()
    record(
        Action.RECORD_CHANGED,
        actor=by,
        role=role_of(by, code, "linkage.edit"),
        municipality_id=code.municipality_id,
        thing=code,
        fields=fields,
    )
    return code
