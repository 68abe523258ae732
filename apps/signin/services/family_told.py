"""What a family is told of who is registered as guardian: never a name, never what they may do.

Another guardian learns only that somebody was registered, and only where that person agreed and
nobody of the child's guardians has somebody who must not know. The student sees, after the PIN, as
what people are registered: whoever hides from others does not hide from the child.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.audit.models import Action, Audience
from apps.audit.services import record
from apps.core import clock
from apps.people.models import Guardianship, Student, User
from apps.people.permissions import role_of, students_where
from apps.signin.models import ArrivalState, GuardianArrival, GuardianObjection

TOLD_FOR = timedelta(days=30)
VERB = "arrivals.confirm"


class CannotObject(Exception):
    """There is nothing to object to; the message is a sentence for the guardian."""


@dataclass(frozen=True)
class RegisteredBeside:
    """That another guardian of an own child was registered."""

    arrival: GuardianArrival
    student: Student
    is_objected: bool  # this guardian has said that they know nobody


def registered_beside(user: User) -> list[RegisteredBeside]:
    """Other guardians of the own children, registered in the last thirty days, who may be told."""
    children = {tie.student_id: tie.student for tie in _ties_of(user).select_related("student")}
    secret = _with_secret(children)
    recent = GuardianArrival.objects.filter(
        state=ArrivalState.CONFIRMED, tells_others=True, ended_at__gt=clock.now() - TOLD_FOR
    ).exclude(user=user.pk)
    beside = Guardianship.objects.current().filter(student__in=children.keys() - secret)
    said = set(
        GuardianObjection.objects.filter(objected_by=user.pk).values_list("arrival", "student")
    )
    found = []
    for tie in beside.order_by("student", "began_at", "pk"):
        of_child = Q(student=tie.student_id) | Q(student=None)
        for arrival in recent.filter(of_child, guardian=tie.guardian_id):
            is_objected = (arrival.pk, tie.student_id) in said
            found.append(RegisteredBeside(arrival, children[tie.student_id], is_objected))
    return found


def registered_to_student(student: Student) -> list[GuardianArrival]:
    """Recent registrations of which the student's first screen may say that there was one.

    Only where the newcomer lets others know: the screen may be looked at by somebody else.
    """
    if _with_secret([student.pk]):
        return []
    ties = student.guardianships.named().values("guardian")
    of_child = Q(student=student) | Q(student=None, guardian__in=ties)
    recent = Q(ended_at=None) | Q(ended_at__gt=clock.now() - TOLD_FOR)
    found = GuardianArrival.objects.filter(of_child, recent, tells_others=True)
    return list(found.exclude(state=ArrivalState.TAKEN_BACK).order_by("-arrived_at"))


def relations_of(student: Student) -> list[str]:
    """The Relation of each person who is registered for this student ("" where a roster names them)."""
    ties = student.guardianships.named().order_by("relation", "pk")
    return list(ties.values_list("relation", flat=True))


@transaction.atomic
def object_to(arrival_id, student_id, *, by: User) -> GuardianObjection:
    """A guardian says they know nobody who was registered; the same word said twice is one.

    It blocks nothing. Raises CannotObject where this was not told to them.
    """
    told = [(each.arrival, each.student) for each in registered_beside(by)]
    found = next((t for t in told if (t[0].pk, t[1].pk) == (arrival_id, student_id)), None)
    if found is None:
        raise CannotObject("この登録については、もう知らせを受け付けていません。")
    arrival, student = found
    objection, is_new = GuardianObjection.objects.get_or_create(
        arrival=arrival, student=student, objected_by=by,
        defaults={"municipality_id": arrival.municipality_id, "objected_at": clock.now()},
    )  # fmt: skip
    if is_new:
        _record(objection, by, "guardian", ["objected_at"])
    return objection


def objections_for(user: User) -> QuerySet[GuardianObjection]:
    """The objections that wait for somebody of the school of the child, the oldest first."""
    students = Student.objects.filter(students_where(user, VERB))
    found = GuardianObjection.objects.filter(looked_at=None, student__in=students)
    return found.exclude(objected_by=user.pk).select_related("student", "arrival__guardian")


@transaction.atomic
def look_at(objection_id, *, by: User) -> None:
    """Somebody of the school has looked into an objection; nobody of the family is told."""
    objection = objections_for(by).select_for_update(of=("self",)).filter(pk=objection_id).first()
    if objection is None:
        return
    objection.looked_at, objection.looked_by = clock.now(), by
    objection.save(update_fields=["looked_at", "looked_by"])
    _record(objection, by, role_of(by, objection.student, VERB), ["looked_at"])


def _ties_of(user):
    return Guardianship.objects.current().filter(guardian__user=user.pk)


def _with_secret(student_ids):
    """The ids of the students with a guardian of whom somebody must not know."""
    hidden = Guardianship.objects.named().filter(student__in=student_ids, must_stay_unknown=True)
    return set(hidden.values_list("student_id", flat=True))


def _record(objection, by, role, fields):
    record(
        Action.RECORD_CHANGED, actor=by, role=role, municipality_id=objection.municipality_id,
        subject_id=objection.student_id, thing=objection, fields=fields,
        audience=Audience.PROTECTIVE,
    )  # fmt: skip
