"""What a family sees of registered guardians: never a name, never what they may do.

Another guardian learns only that somebody was registered, and only where that person agreed and no
confirmed guardian of the child had a secret at that moment. Later changes alter nothing: a line
that vanished would reveal that somebody hidden has registered. The student sees the relations,
after the PIN: who hides from others does not hide from the child.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.audit.models import Audience
from apps.core import clock
from apps.people.models import Guardianship, Student, User
from apps.people.permissions import role_of, students_where
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_change
from apps.registration.models import GuardianObjection, GuardianRegistration, RegistrationState

SHOWN_FOR = timedelta(days=30)
VERB = "registrations.confirm"


class CannotObject(Exception):
    """There is nothing to object to; the message is for the guardian."""


@dataclass(frozen=True)
class OtherRegistration:
    """Another guardian of one's own child was registered."""

    registration: GuardianRegistration
    student: Student
    is_objected: bool  # this guardian has objected


def other_registrations(user: User) -> list[OtherRegistration]:
    """Other guardians of one's own children, registered in the last thirty days, that may be shown."""
    children = {
        guardianship.student_id: guardianship.student
        for guardianship in _guardianships_of(user).select_related("student")
    }
    secrets = _secrets_of(children)
    recent = GuardianRegistration.objects.filter(
        state=RegistrationState.CONFIRMED, tells_others=True, ended_at__gt=clock.now() - SHOWN_FOR
    ).exclude(user=user.pk)
    guardianships_there = Guardianship.objects.current().filter(student__in=children.keys())
    objected = set(
        GuardianObjection.objects.filter(objected_by=user.pk).values_list("registration", "student")
    )
    found = []
    for guardianship in guardianships_there.order_by("student", "began_at", "pk"):
        of_child = Q(student=guardianship.student_id) | Q(student=None)
        for registration in recent.filter(of_child, guardian=guardianship.guardian_id):
            if _was_secret(secrets, guardianship.student_id, registration.ended_at):
                continue
            is_objected = (registration.pk, guardianship.student_id) in objected
            found.append(
                OtherRegistration(registration, children[guardianship.student_id], is_objected)
            )
    return found


def registrations_of_student(student: Student) -> list[GuardianRegistration]:
    """Recent registrations that the student's first screen may mention: confirmed ones.

    Only where the newcomer lets others know: somebody else may look at the screen. Whoever waits is
    not mentioned: anybody can register, and whether such a line appears would tell them whether
    somebody hidden is there.
    """
    secrets = _secrets_of([student.pk])
    guardianships = student.guardianships.named().values("guardian")
    of_child = Q(student=student) | Q(student=None, guardian__in=guardianships)
    found = GuardianRegistration.objects.filter(
        of_child,
        state=RegistrationState.CONFIRMED,
        tells_others=True,
        ended_at__gt=clock.now() - SHOWN_FOR,
    ).order_by("-ended_at")
    return [each for each in found if not _was_secret(secrets, student.pk, each.ended_at)]


def guardian_relations_of(student: Student) -> list[str]:
    """The Relation of each guardian registered for this student ("" where the roster named them)."""
    guardianships = student.guardianships.named().order_by("relation", "pk")
    return list(guardianships.values_list("relation", flat=True))


@transaction.atomic
def object_to_registration(registration_id, student_id, *, by: User) -> GuardianObjection:
    """Object to a registration; a repeated objection is one.

    It blocks nothing. Raises CannotObject where the registration was not shown to this guardian.
    """
    shown = [(each.registration, each.student) for each in other_registrations(by)]
    found = next(
        (each for each in shown if (each[0].pk, each[1].pk) == (registration_id, student_id)), None
    )
    if found is None:
        raise CannotObject(_("この登録については、もう知らせを受け付けていません。"))
    registration, student = found
    objection, is_new = GuardianObjection.objects.get_or_create(
        registration=registration, student=student, objected_by=by,
        defaults={"municipality_id": registration.municipality_id, "objected_at": clock.now()},
    )  # fmt: skip
    if is_new:
        _record(objection, by, "guardian", ["objected_at"])
    return objection


def objections_for(user: User) -> QuerySet[GuardianObjection]:
    """The open objections for staff of the child's school, the oldest first.

    Hidden from the child's family, the objector and the registered person, in all their accounts.
    """
    own_accounts = accounts_of_person(user)
    students = Student.objects.filter(students_where(user, VERB))
    found = GuardianObjection.objects.filter(looked_at=None, student__in=students)
    found = found.exclude(objected_by__in=own_accounts)
    return found.exclude(registration__user__in=own_accounts).select_related(
        "student", "registration__guardian"
    )


@transaction.atomic
def close_objection(objection_id, *, by: User) -> None:
    """Record that the school has looked into an objection; the family is not told."""
    objection = objections_for(by).select_for_update(of=("self",)).filter(pk=objection_id).first()
    if objection is None:
        return
    objection.looked_at, objection.looked_by = clock.now(), by
    objection.save(update_fields=["looked_at", "looked_by"])
    _record(objection, by, role_of(by, objection.student, VERB), ["looked_at"])


def _guardianships_of(user):
    return Guardianship.objects.current().filter(guardian__user=user.pk)


def _secrets_of(student_ids):
    """[(student id, since, until or None)]: when a confirmed guardian had to stay unknown."""
    guardianships = Guardianship.objects.filter(
        student__in=student_ids, must_stay_unknown=True, is_unconfirmed=False
    )
    of_guardianship = Q(
        guardian__registrations__student=F("student"),
        guardian__registrations__state=RegistrationState.CONFIRMED,
        guardian__registrations__registered_at__gte=F("began_at"),
    )
    confirmed = Max("guardian__registrations__ended_at", filter=of_guardianship)
    since = Coalesce(confirmed, F("began_at"))
    return list(guardianships.annotate(since=since).values_list("student", "since", "ended_at"))


def _was_secret(secrets, student_id, at):
    """Whether a confirmed guardian of the student had to stay unknown at this time."""
    return any(
        student == student_id and since <= at and (until is None or at < until)
        for student, since, until in secrets
    )


def _record(objection, by, role, fields):
    record_change(
        objection, by, fields, role=role, student_id=objection.student_id,
        audience=Audience.PROTECTIVE,
    )  # fmt: skip
