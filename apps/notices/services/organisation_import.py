"""Reads and writes many organisations of one municipality together, for the import of a table."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.audit.models import Action
from apps.audit.services.audit_events import record_many
from apps.notices.models import HoursException, OpeningHours, SupportOrganisation
from apps.notices.opening_hours import OpeningWeek
from apps.notices.services.organisations import opening_week, reset_verification
from apps.notices.services.pending_edits import (
    WEEK_FIELDS,
    needs_second_person,
    propose_edit,
    week_to_json,
)
from apps.people.permissions import role_of

CHANGED_BY_IMPORT = "表の取り込みで直したため"
BATCH_SIZE = 500  # rows written by one statement
WRITTEN_FIELDS = [
    field.name for field in SupportOrganisation._meta.concrete_fields
    if not field.primary_key and field.name not in ("municipality", "is_emergency")
]  # fmt: skip


@dataclass(frozen=True)
class OrganisationChange:
    """An organisation with its new values, the names of what changed, and its new hours."""

    organisation: SupportOrganisation
    fields: frozenset[str]
    week: OpeningWeek


def own_organisations(
    municipality_id: UUID,
) -> tuple[dict[UUID, SupportOrganisation], dict[UUID, OpeningWeek]]:
    """({id: organisation}, {id: OpeningWeek}) of a municipality, in three queries."""
    found = SupportOrganisation.objects.filter(municipality=municipality_id)
    rows = found.prefetch_related("opening_hours", "exceptions")
    weeks = {one.pk: opening_week(one) for one in rows}
    for one in rows:  # a copy would query them again
        del one._prefetched_objects_cache
    return {one.pk: one for one in rows}, weeks


@transaction.atomic
def write_organisations(changes: list[OrganisationChange], *, by) -> list[SupportOrganisation]:
    """Write new and changed organisations with their hours, and record each change.

    Changes of what readers act on of a public one wait for a second person; those organisations are
    returned. Raises pending_acts.CannotAct.
    """
    waiting = [
        change for change in changes if needs_second_person(change.organisation, change.fields)
    ]
    for change in waiting:
        propose_edit(change.organisation, _as_kept(change), by=by, reason=CHANGED_BY_IMPORT)
    waits = {change.organisation.pk for change in waiting}
    changes = [change for change in changes if change.organisation.pk not in waits]
    _write(changes, by)
    return [change.organisation for change in waiting]


def _as_kept(change):
    week = week_to_json(change.week)
    return {
        name: week[name] if name in WEEK_FIELDS else getattr(change.organisation, name)
        for name in sorted(change.fields)
    }


def _write(changes, by):
    for change in changes:
        reset_verification(change.organisation, change.fields, by=by)
    SupportOrganisation.objects.bulk_create(
        [change.organisation for change in changes], batch_size=BATCH_SIZE,
        update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN_FIELDS,
    )  # fmt: skip
    _write_openings([change for change in changes if "hours" in change.fields])
    _write_specials([change for change in changes if "exceptions" in change.fields])
    role = role_of(by, verb="notices.edit")
    record_many(
        {
            "action": Action.RECORD_CHANGED, "actor": by, "role": role,
            "municipality_id": change.organisation.municipality_id,
            "thing": change.organisation, "fields": sorted(change.fields),
        }
        for change in changes
    )  # fmt: skip


def _write_openings(changes):
    OpeningHours.objects.filter(organisation__in=_ids(changes)).delete()
    rows = [
        OpeningHours(
            organisation=change.organisation, weekday=one.weekday,
            opens_at=one.opens, closes_at=one.closes,
        )
        for change in changes for one in change.week.openings
    ]  # fmt: skip
    OpeningHours.objects.bulk_create(rows, batch_size=2000)


def _write_specials(changes):
    HoursException.objects.filter(organisation__in=_ids(changes)).delete()
    rows = [
        HoursException(
            organisation=change.organisation, begins_on=one.begins, ends_on=one.ends,
            note=one.note, every_year=one.every_year, opens_at=one.opens, closes_at=one.closes,
        )
        for change in changes for one in change.week.specials
    ]  # fmt: skip
    HoursException.objects.bulk_create(rows, batch_size=2000)


def _ids(changes):
    return [change.organisation.pk for change in changes]
