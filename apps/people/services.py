"""A school's calendar: which days it rests."""

import jpholiday
from django.db import transaction

from apps.audit.models import Action
from apps.audit.services import record
from apps.people.models import SchoolBreak
from apps.people.permissions import role_of


def is_school_day(school_id, day):
    """Whether ``day`` is a weekday, no national holiday (国民の祝日に関する法律) and in no break."""
    if day.weekday() >= 5 or jpholiday.is_holiday(day):
        return False
    return not SchoolBreak.objects.filter(
        school=school_id, begins_on__lte=day, ends_on__gte=day
    ).exists()


@transaction.atomic
def set_break(row, *, by, fields):
    """Save a checked SchoolBreak and record which fields changed."""
    row.municipality_id = row.school.municipality_id
    row.save()
    _record(row, by, fields)
    return row


@transaction.atomic
def remove_break(row, *, by):
    """Take a break out of the calendar."""
    _record(row, by, ["deleted"])
    row.delete()


def _record(row, by, fields):
    record(
        Action.RECORD_CHANGED,
        actor=by,
        role=role_of(by, row, "calendar.edit"),
        municipality_id=row.municipality_id,
        thing=row,
        fields=fields,
    )
