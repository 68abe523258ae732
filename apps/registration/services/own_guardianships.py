"""A guardian ends their own guardianship: their decisions count no more.

No roster restores it; a letter of the child does, once the school has confirmed the person anew.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.models import Audience
from apps.core import clock
from apps.people.models import Guardianship, Student, User
from apps.people.services.recorded_changes import record_change
from apps.registration.models import GuardianRegistration, RegistrationState


class CannotEndGuardianship(Exception):
    """There is no such guardianship (any more); the message is for the guardian."""


@dataclass(frozen=True)
class OwnGuardianship:
    """A child this account is registered for, as they may name it."""

    student_id: object
    name: str  # still waiting: as on the letter
    is_waiting: bool
    began_at: datetime


def list_own_guardianships(user: User) -> list[OwnGuardianship]:
    """The children of this account, one row each, confirmed or not."""
    found = {}
    for guardianship in (
        _known_guardianships_of(user).select_related("student").order_by("is_unconfirmed", "pk")
    ):
        student = guardianship.student
        name = student.given_name if guardianship.is_unconfirmed else student.full_name
        line = OwnGuardianship(student.pk, name, guardianship.is_unconfirmed, guardianship.began_at)
        found.setdefault(student.pk, line)
    return sorted(found.values(), key=lambda each: (each.name, str(each.student_id)))


@transaction.atomic
def end_own_guardianship(student_id, *, by: User) -> None:
    """End the guardianship of this account for the student, now. Raises CannotEndGuardianship.

    Keys that rested on its decisions are reconciled by the periodic task of consent.
    """
    locked = Student.objects.select_for_update(of=("self",), no_key=True)
    locked.filter(pk=student_id).first()
    guardianships = _known_guardianships_of(by).filter(student=student_id).order_by("pk")
    guardianships = list(guardianships.select_for_update(of=("self",)))
    if not guardianships:
        raise CannotEndGuardianship(_("このお子さんとの登録は、もう終わっています。"))
    now = clock.now()
    Guardianship.objects.filter(pk__in=[guardianship.pk for guardianship in guardianships]).update(
        ended_at=now, ended_by_self=True
    )
    waiting = GuardianRegistration.objects.filter(user=by.pk, student=student_id)
    waiting.filter(state=RegistrationState.WAITING).update(
        state=RegistrationState.TAKEN_BACK, ended_at=now
    )
    for guardianship in guardianships:
        record_change(
            guardianship, by, ["ended_at"], role="guardian", student_id=student_id,
            audience=Audience.PROTECTIVE,
        )  # fmt: skip
    clock.wake_worker("consent.reconcile_all")


def _known_guardianships_of(user):
    """The guardianships this person knows of: never one from which they are kept out."""
    own = Guardianship.objects.filter(guardian__user=user.pk)
    return own.current() | own.unconfirmed()
