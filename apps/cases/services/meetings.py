"""Meetings about cases: makes the agenda, moves the day, shows to each person what they may read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.cases.models import (
    CaseMeeting,
    MeetingItem,
    MeetingKind,
    MeetingMinutes,
    SupportCase,
)
from apps.cases.services import case_queue
from apps.cases.services.case_queue import CaseRow
from apps.cases.services.case_writing import (
    PURPOSE,
    CannotChangeCase,
    record_act,
    write_note,
)
from apps.core.clock import today
from apps.people.models import Role, School, User
from apps.people.permissions import may, may_open, not_own_family, role_of
from apps.vault.services.sealed_content import OpeningReason, open_sealed

VERB = "cases.decide"
MOST_ITEMS = 40
MOST_OFFERED = 20
DAYS_BACK, DAYS_AHEAD = 31, 366


@dataclass(frozen=True)
class AgendaLine:
    """One number of an agenda; without a case for who may not open that case."""

    number: int
    case: SupportCase | None = None
    item: MeetingItem | None = None
    row: CaseRow | None = None
    minutes: list = field(default_factory=list, repr=False)  # [(row, content)], once opened


# -- making it ------------------------------------------------------------------------------------


@transaction.atomic
def call_meeting(
    cases: Sequence[SupportCase], *, actor: User, kind: str, held_on: date, form_key: UUID
) -> CaseMeeting:
    """Make a meeting whose agenda these cases are; the same form twice is one.

    Raises PermissionDenied, CannotChangeCase.
    """
    kind, same = MeetingKind(kind), {"called_by": actor, "form_key": form_key}
    if earlier := CaseMeeting.objects.filter(**same).first():
        return earlier
    _check_day(held_on)
    school = _school_of(cases)
    try:
        with transaction.atomic():
            meeting = CaseMeeting.objects.create(
                municipality_id=school.municipality_id, school=school, kind=kind, held_on=held_on,
                called_role=_role_label(actor, school), **same,
            )  # fmt: skip
    except IntegrityError:  # the same form at the same moment
        return CaseMeeting.objects.get(**same)
    _add_items(meeting, cases, actor, form_key)
    return meeting


@transaction.atomic
def add_to_meeting(
    meeting: CaseMeeting, cases: Sequence[SupportCase], *, actor: User, form_key: UUID
) -> CaseMeeting:
    """Put these cases at the end of the agenda of a meeting that is still to come.

    What is on it already stays as it is. Raises PermissionDenied, CannotChangeCase.
    """
    meeting = _locked(meeting, actor)
    if meeting.held_on < today():
        raise CannotChangeCase(_("この会議は終わっています。"))
    if _school_of(cases).pk != meeting.school_id:
        raise CannotChangeCase(_("ほかの学校の会議には入れられません。"))
    known = set(meeting.items.values_list("case", flat=True))
    _add_items(meeting, [case for case in cases if case.pk not in known], actor, form_key)
    return meeting


def _add_items(
    meeting: CaseMeeting, cases: Sequence[SupportCase], actor: User, form_key: UUID
) -> None:
    last = meeting.items.aggregate(last=Max("number"))["last"] or 0
    if last + len(cases) > MOST_ITEMS:
        raise CannotChangeCase(_("一つの会議の議題は%(n)s件までです。") % {"n": MOST_ITEMS})
    ids = [case.pk for case in cases]
    rows = SupportCase.objects.filter(pk__in=ids).order_by("pk")
    list(rows.select_for_update(of=["self"], no_key=True).values_list("pk", flat=True))
    for number, case in enumerate(cases, start=last + 1):
        write_note(
            MeetingItem, case, actor=actor, what="agenda", action=Action.MEETING_CALLED,
            words=None, form_key=form_key, seen=None, meeting=meeting, number=number,
        )  # fmt: skip


def _school_of(cases: Iterable[SupportCase]) -> School:
    schools = {case.school_id: case.school for case in cases}
    if not schools:
        raise CannotChangeCase(_("議題にするケースを、一覧で選んでください。"))
    if len(schools) > 1:
        raise CannotChangeCase(_("一つの会議には、一つの学校のケースを選びます。"))
    return next(iter(schools.values()))


def _check_day(on: date) -> None:
    if on < today() - timedelta(days=DAYS_BACK):
        raise CannotChangeCase(
            _("会議の日が古すぎます。%(n)s日前までの日にしてください。") % {"n": DAYS_BACK}
        )
    if on > today() + timedelta(days=DAYS_AHEAD):
        raise CannotChangeCase(_("会議の日が先すぎます。一年のうちの日にしてください。"))


def _role_label(actor: User, school: School) -> str:
    if not may(actor, VERB, school):
        raise PermissionDenied(_("会議の議題を作る立場ではありません。"))
    return str(Role(role_of(actor, school, VERB)).label)


def _locked(meeting: CaseMeeting, actor: User) -> CaseMeeting:
    rows = CaseMeeting.objects.select_for_update(of=["self"], no_key=True).select_related("school")
    meeting = rows.get(pk=meeting.pk)
    _role_label(actor, meeting.school)
    return meeting


def meetings_to_come(school: School, user: User) -> QuerySet[CaseMeeting]:
    """The meetings of a school from today on of which this person knows, the next first."""
    rows = known_meetings(user).filter(school=school, held_on__gte=today())
    return rows.order_by("held_on", "id")[:MOST_OFFERED]


@transaction.atomic
def move_meeting(meeting: CaseMeeting, *, actor: User, held_on: date, seen: str) -> CaseMeeting:
    """Put a meeting without minutes on another day; ``seen`` is the day on the writer's page.

    Raises PermissionDenied, CannotChangeCase.
    """
    meeting = _locked(meeting, actor)
    if meeting.held_on == held_on:
        return meeting
    if seen != meeting.held_on.isoformat():
        raise CannotChangeCase(
            _("この画面を開いたあとに、会議の日が%(day)sに変わりました。まだ変えていません。")
            % {"day": day_words(meeting.held_on)}
        )
    _check_day(held_on)
    if MeetingMinutes.objects.filter(item__meeting=meeting).exists():
        raise CannotChangeCase(_("記録のある会議の日は変えられません。"))
    meeting.held_on = held_on
    meeting.save(update_fields=["held_on"])
    record_about(
        meeting, Action.MEETING_MOVED, actor=actor, role=role_of(actor, meeting.school, VERB),
        audience=Audience.PROTECTIVE,
    )  # fmt: skip
    return meeting


def day_words(on: date) -> str:
    """A day: 11月20日."""
    return f"{on.month}月{on.day}日"  # no sentence


# -- reading it -----------------------------------------------------------------------------------


def known_meetings(user: User) -> QuerySet[CaseMeeting]:
    """The meetings this person may see, with ``n_items`` as they count them.

    Of one that is only about their own family they do not know.
    """
    items = MeetingItem.objects.filter(not_own_family(user, "student__"), meeting=OuterRef("pk"))
    counted = items.order_by().values("meeting").annotate(n=Count("pk")).values("n")
    n_items = Subquery(counted, IntegerField())
    return CaseMeeting.objects.visible_to(user).annotate(n_items=n_items).exclude(n_items=None)


def agenda_of(meeting: CaseMeeting, user: User) -> list[AgendaLine]:
    """The agenda without names; of a case that this person may not open only that there is one.

    Of a case of their own family not even that: it would be the one item that stays closed to them.
    The lines are counted as this person sees them.
    """
    cases = SupportCase.objects.visible_to(user).filter(meeting_items__meeting=meeting)
    found = [
        case
        for case in case_queue.with_rows(cases)
        if may(user, VERB, case.student) and may_open(user, case.student, PURPOSE)
    ]
    by_case = dict(
        zip((c.pk for c in found), zip(found, case_queue.rows_of(found), strict=True), strict=True)
    )
    items = _items_for(meeting, user).select_related("student").order_by("number")
    return [
        _line(number, item, *by_case.get(item.case_id, ())) for number, item in enumerate(items, 1)
    ]


def number_for(item: MeetingItem, user: User) -> int:
    """The number of an item on the agenda as this person sees it."""
    return _items_for(item.meeting, user).filter(number__lte=item.number).count()


def _items_for(meeting: CaseMeeting, user: User) -> QuerySet[MeetingItem]:
    return meeting.items.filter(not_own_family(user, "student__"))


def _line(
    number: int, item: MeetingItem, case: SupportCase | None = None, row: CaseRow | None = None
) -> AgendaLine:
    return AgendaLine(number, case, item if case else None, row)


@transaction.atomic
def open_agenda(meeting: CaseMeeting, *, actor: User, reason: str) -> list[AgendaLine]:
    """The agenda with the minutes of each case that this person may open; every look is recorded."""
    lines = agenda_of(meeting, actor)
    items = [line.item for line in lines if line.item]
    open_sealed(items, actor=actor, reason=reason)
    rows = MeetingMinutes.objects.filter(item__in=items).order_by("written_at")
    minutes = list(rows.select_related("student"))
    of_item: dict[Any, list] = {}
    for row, content in zip(minutes, open_sealed(minutes, actor=actor, reason=reason), strict=True):
        of_item.setdefault(row.item_id, []).append((row, content))
    return [
        AgendaLine(
            line.number, line.case, line.item, line.row,
            of_item.get(line.item.pk, []) if line.item else [],
        )
        for line in lines
    ]  # fmt: skip


@transaction.atomic
def print_agenda(meeting: CaseMeeting, *, actor: User, reason: str | None) -> list[AgendaLine]:
    """The agenda for paper; each print is recorded. ``reason`` is None where it has no names."""
    lines = agenda_of(meeting, actor)
    for line in lines:
        if line.case is not None:
            code = OpeningReason(reason) if reason else ""
            record_act(Action.MEETING_PRINTED, line.case, actor, reason_code=code)
    return lines
