"""Makes a case by hand: of a worry, a request to talk, a recorded event, or a guardian's wish.

It needs no consent: it is what staff themselves know. A student has one open case: what comes later
is added to it.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Action
from apps.cases.models import BeginningKind, CaseBeginning, CaseOrigin, StudentEvent, SupportCase
from apps.cases.services.case_writing import PURPOSE, CannotChangeCase, write_note
from apps.core import clock
from apps.helpline.models import FamilyRequest, HelpRequest
from apps.people.models import Student, User
from apps.people.permissions import may, may_open

URGENT_KINDS = {BeginningKind.EVENT}  # what a student or a guardian asked must look like a worry
PROTECTED_REQUEST = gettext_lazy(
    "この「話したい」は、学校の大人のことかもしれません。"
    "学校の人が見るケースにはできません。守るためのケースを開いてください。"
)


@dataclass(frozen=True)
class BegunCase:
    """The case, and whether it was made now; otherwise the words stand in the open one."""

    case: SupportCase
    is_new: bool


@dataclass(frozen=True)
class Source:
    """From what a case is made: its kind, and the row (None: a worry) and student it is about."""

    kind: BeginningKind = BeginningKind.WORRY
    row_id: UUID | None = None
    student: Student | None = None


def source_for(user: User, kind: str, row_id: UUID) -> Source | None:
    """The request or event from which this person may make a case; None where there is none."""
    rows: Any = {
        BeginningKind.REQUEST: HelpRequest.objects,
        BeginningKind.EVENT: StudentEvent.objects,
        BeginningKind.FAMILY: FamilyRequest.objects,
    }.get(BeginningKind(kind))
    if rows is None:
        return None
    row = rows.visible_to(user).filter(pk=row_id).select_related("student__home_class").first()
    return Source(BeginningKind(kind), row.pk, row.student) if row is not None else None


def why_not_begin(user: User, source: Source) -> str:
    """Why this person may make no case of this; "" where they may."""
    if source.student is not None and not may(user, "cases.decide", source.student):
        return _("この生徒のケースを作る立場ではありません。")
    is_request = source.kind == BeginningKind.REQUEST and source.row_id is not None
    if is_request and HelpRequest.objects.filter(pk=str(source.row_id), is_protected=True).exists():
        return str(PROTECTED_REQUEST)
    return ""


@transaction.atomic
def begin_case(
    student: Student, *, actor: User, words: str, form_key: UUID, source: Source | None = None
) -> BegunCase:
    """Make a case of this student, or add the words to the open one; the same form twice is one.

    Raises PermissionDenied about a student who is not in this person's care, CannotChangeCase
    without words and for a request that is protected.
    """
    source = source or Source()
    if not (may(actor, "cases.decide", student) and may_open(actor, student, PURPOSE)):
        raise PermissionDenied(_("この生徒のケースを作る立場ではありません。"))
    if source.student is not None and source.student.pk != student.pk:
        raise PermissionDenied(_("この生徒のことではありません。"))
    if why := why_not_begin(actor, source):
        raise CannotChangeCase(why)
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    earlier = _earlier(student, actor, form_key)
    if earlier is not None:
        return BegunCase(earlier.case, _is_first(earlier))
    case, is_new = _open_case_of(student)
    content = {"kind": source.kind.value, "source": str(source.row_id or "")}
    write_note(
        CaseBeginning, case, actor=actor, what="begin", action=Action.CASE_BEGUN, words=words,
        form_key=form_key, seen=None, content=content,
    )  # fmt: skip
    news: dict[str, Any] = {"news_at": clock.now()}
    if source.kind in URGENT_KINDS:
        news["is_urgent"] = True
    SupportCase.objects.filter(pk=case.pk).update(**news)
    case.refresh_from_db()
    return BegunCase(case, is_new)


def _earlier(student: Student, actor: User, form_key: UUID) -> CaseBeginning | None:
    rows = CaseBeginning.objects.filter(form_key=form_key, written_by=actor, case__student=student)
    return rows.select_related("case").first()


def _is_first(beginning: CaseBeginning) -> bool:
    """Whether the case was made by this."""
    case = beginning.case
    first = case.beginnings.order_by("written_at").first()
    return case.origin != CaseOrigin.RULES and first == beginning


def _open_case_of(student: Student) -> tuple[SupportCase, bool]:
    case = SupportCase.objects.open().filter(student=student).first()
    if case is not None:
        return case, False
    case = SupportCase.objects.create(
        municipality_id=student.municipality_id, school_id=student.school_id, student=student,
        origin=CaseOrigin.STAFF,
    )  # fmt: skip
    return case, True
