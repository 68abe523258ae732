"""Sets and ends by hand which children are a member of staff's own, or related.

It works at once and is confirmed afterwards; ending it needs two people first. From then on the
person does nothing about that child as staff, under any account (``children_of_person``), and reads
no help request of the child's class.
"""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Audience
from apps.core import clock
from apps.people.act_rules import ActEffects
from apps.people.models import FamilyTie, PendingAct, StaffConflict, StaffPost, Student, User
from apps.people.permissions import students_where
from apps.people.services import act_processing, pending_acts
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    accounts_of_person,
    children_of_person,
)
from apps.people.services.recorded_changes import record_change

SET, END = "conflict.set", "conflict.end"
VERB = "guardians.keep_out"
THERE_ALREADY = gettext_lazy("この職員とこの生徒は、もう入っています。")


def conflicts_for(user: User) -> QuerySet[StaffConflict]:
    """Those of children within reach of this person, never of their own."""
    reached = students_where(user, "guardians.standing", "student__")
    return StaffConflict.objects.filter(reached).exclude(student__in=children_of_person(user))


def posts_to_choose(student: Student) -> QuerySet[StaffPost]:
    """The posts, with an account, of the student's school and of the city."""
    here = StaffPost.objects.current().filter(
        Q(school=student.school_id) | Q(school=None), municipality=student.municipality_id
    )
    return here.exclude(user=None).select_related("school", "municipality").order_by("name", "pk")


@transaction.atomic
def set_conflict(
    student: Student, post: StaffPost, tie: str, *, by: User, reason: str
) -> PendingAct:
    """Note that this student is the own or a related child of whoever holds the post, now.

    The PendingAct that a second person confirms. Raises pending_acts.CannotAct.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    chosen = posts_to_choose(student).filter(pk=post.pk).first()
    if chosen is None or chosen.user is None or tie not in FamilyTie.values:
        raise pending_acts.CannotAct(_("職員と間柄を選んでください。"))
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    running = StaffConflict.objects.in_force().filter(student=student)
    if running.filter(person__in=accounts_of_person(chosen.user)).exists():
        raise pending_acts.CannotAct(THERE_ALREADY)
    row = StaffConflict(
        municipality_id=student.municipality_id, student=student, person=chosen.user, tie=tie,
        set_by=by, set_at=clock.now(),
    )  # fmt: skip
    act = _propose(SET, row, student, by=by, reason=reason)
    row.set_role = act.proposed_role
    row.save(force_insert=True)
    _record(row, by, act.proposed_role, ["person", "tie"])
    return act


@transaction.atomic
def propose_conflict_end(row: StaffConflict, *, by: User, reason: str) -> PendingAct:
    """Ask a second person to end it; nothing changes until they agree. Raises CannotAct."""
    row = StaffConflict.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.student_id in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    if row.ended_at is not None:
        raise pending_acts.CannotAct(_("もう、終わりにしたものです。"))
    return _propose(END, row, row.student, by=by, reason=reason)


def carry_out_conflicts() -> int:
    """End what two people agreed to end; close what was confirmed."""
    return act_processing.process_acts(SET, END, carry_out=_carry_out, put_back=lambda act: None)


def _carry_out(act: PendingAct) -> None:
    if act.kind == SET:  # in effect since it was proposed
        return
    row = StaffConflict.objects.select_for_update().filter(pk=act.thing_id).first()
    if row is None or row.ended_at is not None or act.confirmed_by is None:
        act_processing.void_act(act)
        return
    row.ended_at, row.ended_by = clock.now(), act.confirmed_by
    row.save(update_fields=["ended_at", "ended_by"])
    for other in PendingAct.objects.open().filter(kind=SET, thing_id=act.thing_id):
        act_processing.supersede_act(other, by=act.confirmed_by)
    _record(row, act.confirmed_by, act.confirmed_role, ["ended_at"])


def _propose(
    kind: str, row: StaffConflict, student: Student, *, by: User, reason: str
) -> PendingAct:
    effects = ActEffects(kind, {"staff": 1}, [], student.municipality_id, student.school_id)
    return pending_acts.propose_effects(
        effects, row, by=by, reason=reason, payload={"student": str(student.pk)},
        title=_("%(who)sの家族である職員") % {"who": student.class_and_number},
    )  # fmt: skip


def _record(row: StaffConflict, by: User, role: str, fields: list[str]) -> None:
    record_change(row, by, fields, role=role, student_id=row.student_id, audience=Audience.OFFICE)
