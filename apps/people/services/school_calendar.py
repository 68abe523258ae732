"""School days and breaks of a school; and checks for protected children."""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.people.models import ProtectionCheck, SchoolBreak
from apps.people.permissions import role_of
from apps.people.school_day_rules import is_school_weekday
from apps.people.services.recorded_changes import record_change

LONGEST_BREAK = timedelta(days=90)


def is_school_day(school_id, day):
    """Whether ``day`` is a weekday, not a national holiday (国民の祝日に関する法律), and in no break."""
    if not is_school_weekday(day):
        return False
    return not SchoolBreak.objects.filter(
        school=school_id, begins_on__lte=day, ends_on__gte=day
    ).exists()


def last_day_before_school_days(school_id: UUID, n_days: int) -> date:
    """The day after which ``n_days`` school days of the school have begun by today.

    For a school closed for longer than LONGEST_BREAK, the day that long ago.
    """
    day, earliest = clock.today(), clock.today() - LONGEST_BREAK
    while n_days and day > earliest:
        n_days -= is_school_day(school_id, day)
        day -= timedelta(days=1)
    return day


@transaction.atomic
def save_break(row, *, by, fields):
    """Save a checked SchoolBreak and record which fields changed."""
    row.municipality_id = row.school.municipality_id
    row.save()
    record_change(row, by, fields, verb="calendar.edit")
    return row


@transaction.atomic
def delete_break(row, *, by):
    """Take a break out of the calendar."""
    record_change(row, by, ["deleted"], verb="calendar.edit")
    row.delete()


@transaction.atomic
def record_protection_check(check: ProtectionCheck, *, by) -> ProtectionCheck:
    """Save a ProtectionCheck (school, checked_on, none_known filled in) and record it.

    Returns the earlier one where this person recorded the same today.
    """
    same = {"school": check.school, "checked_on": check.checked_on, "none_known": check.none_known}
    for before in ProtectionCheck.objects.filter(**same, recorded_by=by):
        if before.recorded_at.astimezone(clock.JST).date() == clock.today():
            return before
    check.municipality_id = check.school.municipality_id
    check.recorded_by, check.recorded_at = by, clock.now()
    check.recorded_role = role_of(by, check.school, verb="protection.record")
    check.save(force_insert=True)
    record_change(check, by, ["checked_on", "none_known"], verb="protection.record")
    return check
