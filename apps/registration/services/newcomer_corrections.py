"""A newcomer corrects their statement, until the school has begun to confirm it.

The statement is withdrawn and made anew with the same letter, so that nobody ticks one name and
confirms another. Somebody kept out meanwhile corrects it like everybody else; their row keeps its
names (``guardian_names``).
"""

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Audience
from apps.core import clock, limits
from apps.people.models import Guardian, Guardianship, Student, User
from apps.people.services import guardian_standings
from apps.people.services.recorded_changes import record_change
from apps.registration.models import GuardianRegistration, InvitationLetter, RegistrationState
from apps.registration.services import guardian_names
from apps.registration.services.guardian_names import FIELDS, GuardianNames
from apps.registration.services.letters import CannotAccept
from apps.registration.services.newcomers import Newcomer, begin_waiting, check_letter
from apps.registration.services.safe_contacts import mail_leads

ASK_SCHOOL = _(
    "いまは、この画面では直せません。学校へお電話ください。学校が登録をいったん取り消すと、"
    "同じ手紙でもう一度登録できます。"
)
TOO_OFTEN = _("きょうは、これ以上直せません。あしたにするか、学校へお電話ください。")
LIMIT = "newcomer.correct"


class CannotCorrectNewcomer(Exception):
    """It cannot be corrected here (now); the message is for the newcomer."""


@dataclass(frozen=True)
class NewcomerStatement:
    """A newcomer's statement for one child, and which parts of it they may change."""

    registration: GuardianRegistration
    guardian: Guardian
    names: GuardianNames
    relation: str  # a Relation
    may_change_names: bool

    def as_initial(self) -> dict:
        """Initial form data. Who must not know is asked anew: others may look at this phone."""
        names = {field: getattr(self.names, field) for field in FIELDS}
        return names | {"relation": self.relation, "language": self.guardian.language}


def newcomer_statement(user: User, student_id: UUID) -> NewcomerStatement | None:
    """What this account stated for the child for whom it waits; None where it does not wait."""
    waiting = GuardianRegistration.objects.waiting().filter(user=user.pk, student=student_id)
    registration = waiting.select_related("guardian", "school", "student").first()
    if registration is None:
        return None
    guardianships = Guardianship.objects.unconfirmed().filter(student=student_id)
    guardianship = guardianships.filter(guardian=registration.guardian_id).first()
    return NewcomerStatement(
        registration, registration.guardian, guardian_names.names_of_newcomer(registration.guardian),
        guardianship.relation if guardianship else "", not guardian_names.is_confirmed(registration.guardian),
    )  # fmt: skip


def why_not_correctable(statement: NewcomerStatement) -> str:
    """Why it cannot be corrected, one sentence whatever the reason; "" where it can."""
    try:
        for registration in _waiting_of(statement):
            check_letter(registration.invitation, registration.user)
    except CannotAccept:
        return str(ASK_SCHOOL)
    begun = Q(evidence__isnull=False) | Q(confirmations__isnull=False)
    dead = ~Q(invitation__in=InvitationLetter.objects.usable())
    return str(ASK_SCHOOL) if _waiting_of(statement).filter(begun | dead).exists() else ""


@transaction.atomic
def correct(student_id: UUID, newcomer: Newcomer, *, by: User) -> None:
    """Replace this account's statement for the child.

    A changed name restarts the registration for every child for whom they wait. An unchanged
    statement (a repeated request) changes nothing. Raises CannotCorrectNewcomer.
    """
    statement = _locked_statement(student_id, by)
    if why := why_not_correctable(statement):
        raise CannotCorrectNewcomer(why)
    new = newcomer.names if statement.may_change_names else statement.names
    changed = _changed_fields(statement, newcomer, new)
    if not changed:
        return
    if not limits.allow(LIMIT, str(by.pk)):
        raise CannotCorrectNewcomer(TOO_OFTEN)
    others = [] if new == statement.names else _others(statement)
    _restart(statement, newcomer, new)
    for other in others:
        _restart(other, _unchanged_newcomer(other), new)
    if statement.may_change_names:
        statement.guardian.language = newcomer.language
        statement.guardian.save(update_fields=["language"])
    _record(statement, changed, by)


def _locked_statement(student_id, by):
    """The present statement, locked until the commit in the same order as a confirmation."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    own = GuardianRegistration.objects.waiting().filter(user=by.pk, student__isnull=False)
    children = Student.objects.filter(pk__in=own.values("student")).order_by("pk")
    list(children.select_for_update(no_key=True).values_list("pk"))
    guardians = list(own.values_list("guardian_id", flat=True))
    guardian_standings.lock_guardianships_of_many(guardians, [by.pk])
    rows = Guardian.objects.filter(pk__in=guardians).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    list(own.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    statement = newcomer_statement(by, student_id)
    if statement is None:
        raise CannotCorrectNewcomer(ASK_SCHOOL)
    return statement


def _waiting_of(statement):
    """The registrations that a correction restarts: all of them while the names may change."""
    waiting = GuardianRegistration.objects.waiting().filter(guardian=statement.guardian)
    if not statement.may_change_names:
        waiting = waiting.filter(pk=statement.registration.pk)
    return waiting.select_related("invitation__student", "user").order_by("pk")


def _others(statement):
    """The statements for the other children for whom they wait."""
    rest = _waiting_of(statement).exclude(pk=statement.registration.pk)
    return [newcomer_statement(each.user, each.student_id) for each in rest]


def _unchanged_newcomer(statement):
    """The statement as a Newcomer."""
    names = {field: getattr(statement.names, field) for field in FIELDS}
    previous = statement.registration
    return Newcomer(
        relation=statement.relation, has_secret=previous.has_secret, tells_others=previous.tells_others,
        safe_contact=previous.safe_contact, on_students_device=previous.on_students_device, **names,
    )  # fmt: skip


def _changed_fields(statement, newcomer, names):
    """The names of the fields that differ from the statement."""
    fields = [f for f in FIELDS if getattr(names, f) != getattr(statement.names, f)]
    if statement.may_change_names and newcomer.language != statement.guardian.language:
        fields.append("language")
    previous = {"relation": statement.relation, "has_secret": statement.registration.has_secret,
           "tells_others": statement.registration.tells_others}  # fmt: skip
    fields += [field for field, value in previous.items() if getattr(newcomer, field) != value]
    if newcomer.safe_contact not in ("", statement.registration.safe_contact):
        fields.append("safe_contact")
    return fields


def _restart(statement, newcomer, names):
    """End this registration and start one with the same letter; the safe contact stays."""
    previous = statement.registration
    newcomer = replace(
        newcomer,
        safe_contact=newcomer.safe_contact or previous.safe_contact,
        on_students_device=newcomer.on_students_device or previous.on_students_device,
        staff_on_device=tuple({*newcomer.staff_on_device, *previous.staff_on_device}),
    )
    GuardianRegistration.objects.filter(pk=previous.pk).update(
        state=RegistrationState.TAKEN_BACK, ended_at=clock.now()
    )
    registration = begin_waiting(previous.invitation, statement.guardian, newcomer, names)
    if not previous.has_secret:
        mail_leads(registration)


def _record(statement, fields, by):
    row = statement.registration
    record_change(
        row, by, fields, role="guardian", student_id=row.student_id, audience=Audience.PROTECTIVE
    )
