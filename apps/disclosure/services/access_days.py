"""Who looked at a student's records, as the family reads it: in days and roles, a month at a time.

Looks of planned work and automatic checks, each once a day. Looks at signs, cases and requests for
help leave no line and change no count; the complete record is the privacy officer's
(``access_log``), who gives it to the student.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from apps.audit.models import NEWEST_FIRST, Action, Audience, AuditEvent
from apps.audit.models.audit_events import month_of
from apps.consent.models import Purpose
from apps.core.clock import JST, today
from apps.core.time_zone import midnight
from apps.disclosure import guardian_list
from apps.disclosure.services.access_log import of_anothers_card
from apps.people.models import Role, Student, User

LOOKED, CHECKED = "looked", "checked"
SCHOOL, CITY = "school", "city"
OF_CITY = {Role.CITY, Role.HELPDESK, Role.PRIVACY, Role.FAMILY_CENTRE}
OWN_ACTIONS = (  # what began and ended by answers: only the student reads it
    Action.KEY_MADE, Action.KEY_PAUSED, Action.KEY_RESUMED, Action.KEY_DESTROYED,
    Action.CONSENT_DECIDED,
)  # fmt: skip


@dataclass(frozen=True)
class AccessDay:
    """One line: on this day, somebody of this kind did this; never how often, nor at what time."""

    on: date
    what: str  # LOOKED, CHECKED, or an Action
    who: str = ""  # SCHOOL or CITY; of an answer the party
    purpose: str = ""


@dataclass(frozen=True)
class AccessMonth:
    """The lines of one month, newest first; the months beside it that have lines, or None."""

    days: list[AccessDay] = field(default_factory=list)
    newer: date | None = None
    older: date | None = None


def access_month(student: Student, viewer: User, month: date | None = None) -> AccessMonth:
    """The lines of a month (its first day), by default of the newest month that has one."""
    events = _events(student, viewer)
    if month is None:
        latest = events.order_by(*NEWEST_FIRST).first()
        month = _month_of_event(latest) or today().replace(day=1)
    begins, ends = midnight(month), midnight(_next(month))
    before = events.filter(at__lt=begins, month__lte=month_of(begins)).order_by(*NEWEST_FIRST)
    after = events.filter(at__gte=ends, month__gte=month_of(ends)).order_by("month", "at", "id")
    return AccessMonth(
        days_of(events.filter(at__gte=begins, at__lt=ends, month__in=_utc_months(begins, ends))),
        newer=_month_of_event(after.first()),
        older=_month_of_event(before.first()),
    )


def all_access_days(student: Student, viewer: User) -> list[AccessDay]:
    """The lines of all months, newest first."""
    return days_of(_events(student, viewer))


def days_of(events: QuerySet[AuditEvent]) -> list[AccessDay]:
    """The events folded into lines, newest first."""
    rows = events.values_list("at", "action", "actor_role", "purpose").iterator(chunk_size=500)
    lines = {_line(*row) for row in rows}
    return sorted(lines, key=lambda day: (-day.on.toordinal(), day.what, day.who, day.purpose))


def _line(at: datetime, action: str, role: str, purpose: str) -> AccessDay:
    on = at.astimezone(JST).date()
    if action == Action.SEALED_OPENED:
        return AccessDay(on, LOOKED, CITY if role in OF_CITY else SCHOOL)
    if action == Action.SEALED_EVALUATED:
        return AccessDay(on, CHECKED)
    return AccessDay(on, action, role if action == Action.CONSENT_DECIDED else "", purpose)


def _events(student: Student, viewer: User) -> QuerySet[AuditEvent]:
    """The events about a student that this member of the family reads folded."""
    is_own = student.user_id == viewer.pk
    purposes = Purpose.values if is_own else guardian_list.LOOK_PURPOSES
    planned = Q(
        action=Action.SEALED_OPENED, reason_code__in=guardian_list.LOOK_REASONS, is_emergency=False,
        purpose__in=purposes, thing__in=guardian_list.LOOK_THINGS,
    )  # fmt: skip
    checked = Q(action=Action.SEALED_EVALUATED, purpose__in=purposes)
    own = Q(action__in=OWN_ACTIONS, purpose__in=["", *Purpose.values]) if is_own else Q()
    found = AuditEvent.objects.filter(planned | checked | own, subject_id=student.pk)
    return found.filter(audience=Audience.OPEN).exclude(of_anothers_card(student, viewer))


def _month_of_event(event: AuditEvent | None) -> date | None:
    return event.at.astimezone(JST).date().replace(day=1) if event else None


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _utc_months(begins: datetime, ends: datetime) -> list[int]:
    """The months in which events of this time are counted: a day in Japan begins in another."""
    return [month_of(begins), month_of(ends - timedelta(seconds=1))]
