"""How long a city keeps its casework: set by one person, confirmed by another. No default."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeGuard
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.cases.models import (
    CaseRetention,
    CaseState,
    ProtectiveCase,
    StudentEvent,
    SupportCase,
)
from apps.cases.models.retention import FEWEST_YEARS, MOST_YEARS
from apps.core import clock
from apps.core.time_zone import midnight
from apps.people.models import Municipality, School, User
from apps.people.permissions import may, municipalities_where
from apps.people.services.person_accounts import is_same_person

VIEW_VERB, EDIT_VERB, CONFIRM_VERB = "retention.view", "retention.edit", "retention.confirm"


class CannotSetRetention(Exception):
    """The years cannot be set or confirmed so; the message is shown to the person."""


def retention_of(municipality_id: UUID) -> CaseRetention | None:
    """The years in force; None: the city has set none, and nothing is deleted."""
    rows = CaseRetention.objects.filter(municipality=municipality_id)
    return rows.exclude(confirmed_at=None).order_by("-confirmed_at").first()


def waiting_retention(municipality_id: UUID) -> CaseRetention | None:
    """The years that wait for a second person."""
    return CaseRetention.objects.filter(municipality=municipality_id, confirmed_at=None).first()


def visible_retentions(user: User) -> QuerySet[CaseRetention]:
    """The decisions of this person's municipalities."""
    own = municipalities_where(user, VIEW_VERB)
    return CaseRetention.objects.filter(municipality__in=own)


@transaction.atomic
def ask_retention(
    municipality: Municipality, *, by: User, years: int, protective_years: int
) -> CaseRetention:
    """Write the years that a second person is to confirm, in place of others that wait.

    The same as waiting change nothing; the same as in force take back what waits. Raises
    PermissionDenied, CannotSetRetention.
    """
    if municipality.pk not in municipalities_where(by, EDIT_VERB):
        raise PermissionDenied(_("保存年数を決める立場ではありません。"))
    if not all(FEWEST_YEARS <= n <= MOST_YEARS for n in (years, protective_years)):
        raise CannotSetRetention(
            _("年数は%(least)sから%(most)sまでです。") % {"least": FEWEST_YEARS, "most": MOST_YEARS}
        )
    if protective_years < years:
        raise CannotSetRetention(_("守るためのケースは、ふつうのケースより短くできません。"))
    Municipality.objects.select_for_update(no_key=True).get(pk=municipality.pk)
    told = {"years": years, "protective_years": protective_years}
    waiting, in_force = waiting_retention(municipality.pk), retention_of(municipality.pk)
    if _is_same(waiting, told):
        return waiting
    if waiting is not None:
        waiting.delete()
    if _is_same(in_force, told):
        if waiting is not None:
            _record_asked(in_force, by)
        return in_force
    row = CaseRetention.objects.create(municipality=municipality, asked_by=by, **told)
    _record_asked(row, by)
    return row


def _is_same(row: CaseRetention | None, told: dict[str, int]) -> TypeGuard[CaseRetention]:
    return row is not None and all(getattr(row, name) == n for name, n in told.items())


def _record_asked(row: CaseRetention, by: User) -> None:
    record_about(row, Action.RETENTION_ASKED, actor=by, role="city", audience=Audience.OFFICE)


def may_confirm(row: CaseRetention, user: User) -> bool:
    """Whether this person may be the second one: another human of another role."""
    return (
        row.confirmed_at is None
        and may(user, CONFIRM_VERB, row)
        and not is_same_person(user, row.asked_by_id)
    )


@transaction.atomic
def confirm_retention(row: CaseRetention, *, by: User) -> CaseRetention:
    """Confirm the years as the second person; from the next night on they count. Twice is once."""
    found = CaseRetention.objects.select_for_update(of=["self"]).filter(pk=row.pk).first()
    if found is None:
        raise CannotSetRetention(_("年数が変わりました。もう一度、見てください。"))
    if found.confirmed_at is not None:
        return found
    if not may_confirm(found, by):
        raise PermissionDenied(_("年数を決めた人とは別の、個人情報保護の担当が確かめます。"))
    found.confirmed_by, found.confirmed_at = by, clock.now()
    found.save(update_fields=["confirmed_by", "confirmed_at"])
    record_about(
        found, Action.RETENTION_CONFIRMED, actor=by, role="privacy", audience=Audience.OFFICE
    )
    return found


def kept_words_of(case: SupportCase | ProtectiveCase) -> str:
    """For how long the city keeps this case, in words."""
    kept = retention_of(case.municipality_id)
    if kept is None:
        return _("残す年数を市がまだ決めていないので、消えません。")
    is_protective = isinstance(case, ProtectiveCase)
    years = kept.protective_years if is_protective else kept.years
    on = deleted_on(case)
    if on is None:
        return _("ケースが終わって%(n)s年たつと消えます。") % {"n": years}
    day = f"{on.year}年{on.month}月{on.day}日"  # no sentence
    return _("%(day)sから、夜に消えます(終わって%(n)s年)。") % {"day": day, "n": years}


def kept_in_words(user: User) -> str:
    """The same for the list of closed cases of this person."""
    cities = municipalities_where(user, "cases.view")
    found = [kept for city in cities if (kept := retention_of(city))]
    if not found:
        return _("残す年数を市がまだ決めていないので、支援の記録は消えません。")
    return _("支援の記録は、終わって%(n)s年たつと消えます。") % {"n": found[0].years}


# -- what is due ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class DueAtSchool:
    """How many closed cases of a school are deleted by a day."""

    school: School
    n: int


def due_before(years: int, moment: datetime) -> datetime:
    """Casework that ended before this is kept no longer at a moment."""
    return _years_later(moment.astimezone(clock.JST), -years)


def ended_cases(municipality_id: UUID, before: datetime) -> QuerySet[SupportCase]:
    """Closed cases of students of whom no case is open or ended later, and no event came later."""
    closed = SupportCase.objects.filter(
        state=CaseState.CLOSED, closed_at__lt=before,
        school__in=School.objects.filter(municipality=municipality_id),
    )  # fmt: skip
    return closed.exclude(Exists(_kept_cases(before))).exclude(Exists(_kept_events(before)))


def ended_events(municipality_id: UUID, before: datetime) -> QuerySet[StudentEvent]:
    """Events of students of whom nothing else is kept."""
    events = StudentEvent.objects.filter(municipality=municipality_id, recorded_at__lt=before)
    return events.exclude(Exists(_kept_cases(before))).exclude(Exists(_kept_events(before)))


def _kept_cases(before: datetime) -> QuerySet[SupportCase]:
    of_student = SupportCase.objects.filter(student=OuterRef("student"))
    return of_student.exclude(state=CaseState.CLOSED, closed_at__lt=before)


def _kept_events(before: datetime) -> QuerySet[StudentEvent]:
    return StudentEvent.objects.filter(student=OuterRef("student"), recorded_at__gte=before)


def ended_protective(municipality_id: UUID, before: datetime) -> QuerySet[ProtectiveCase]:
    """Closed protective cases of students of whom none is open or ended later."""
    rows = ProtectiveCase.objects.filter(municipality=municipality_id, closed_at__lt=before)
    later = ProtectiveCase.objects.filter(student=OuterRef("student")).exclude(
        closed_at__lt=before, closed_at__isnull=False
    )
    return rows.exclude(Exists(later))


def deleted_on(case: SupportCase | ProtectiveCase) -> date | None:
    """The day from which a closed case by itself is kept no longer; None: not known."""
    kept = retention_of(case.municipality_id)
    if kept is None or case.closed_at is None:
        return None
    is_protective = isinstance(case, ProtectiveCase)
    years = kept.protective_years if is_protective else kept.years
    return _years_later(case.closed_at.astimezone(clock.JST), years).date()


def _years_later(moment: datetime, years: int) -> datetime:
    """The same moment of another year; of 29 February the 28th where that year has none."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def due_next_month(municipality_id: UUID) -> list[DueAtSchool]:
    """What is deleted until the end of the next month, a school; [] while no years are set.

    Protective cases are in no count: their readers read it on the case's own page.
    """
    kept = retention_of(municipality_id)
    if kept is None:
        return []
    before = due_before(kept.years, midnight(end_of_next_month(clock.today())))
    rows = ended_cases(municipality_id, before).order_by().values_list("school")
    counts = dict(rows.annotate(n=Count("pk")))
    schools = School.objects.filter(pk__in=counts).order_by("name")
    return [DueAtSchool(school, counts[school.pk]) for school in schools]


def end_of_next_month(on: date) -> date:
    """The first day after the next month."""
    months = on.year * 12 + on.month - 1 + 2
    return date(months // 12, months % 12 + 1, 1)
