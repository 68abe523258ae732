"""Whether somebody who telephones or stands at the counter may be spoken to about a child.

The answer is from the registered guardians alone. Somebody kept out, somebody unknown, who waits
for the school and a guardian who must stay unknown all get the same one, by the same statements:
nobody at the helpdesk learns, or lets slip, that a person is kept out.
"""

from dataclasses import dataclass

from django.db import transaction

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.people.models import Guardian, Guardianship, Student, User
from apps.people.permissions import may, role_of
from apps.people.person_match_rules import PersonMatch, TypedPerson, comparable_mail
from apps.people.services import kept_out_people

VERB = "guardians.caller"
COMPARE_VERB = "guardians.standing"  # who knows already that somebody is kept out


@dataclass(frozen=True)
class CallerCheck:
    """The answer: whether the name is a registered guardian's.

    ``match`` is how the person fits somebody kept out before they registered, for whoever may read
    that list; None for everybody else.
    """

    is_known: bool
    match: PersonMatch | None = None


@transaction.atomic
def check_caller(student: Student, person: TypedPerson, *, by: User) -> CallerCheck:
    """Compare a caller with the guardians of this child, and leave a line in the audit record."""
    guardianships = Guardianship.objects.current().filter(student=student, must_stay_unknown=False)
    guardians = [each.guardian for each in guardianships.select_related("guardian__user")]
    match = None
    if may(by, COMPARE_VERB, student):
        match = kept_out_people.match_of(
            kept_out_people.rows_by_student([student.pk])[student.pk], person
        )
    record(
        Action.CALLER_CHECKED, actor=by, role=role_of(by, student, VERB), thing=student,
        municipality_id=student.municipality_id, subject_id=student.pk, audience=Audience.OFFICE,
    )  # fmt: skip
    return CallerCheck(any(_is_named(guardian, person) for guardian in guardians), match)


def _is_named(guardian: Guardian, person: TypedPerson) -> bool:
    """Whether this is the guardian's name, and the address, if one was typed, that of the account."""
    own = TypedPerson(
        guardian.family_name, guardian.given_name, guardian.family_kana, guardian.given_kana
    )
    if not own.names & person.names:
        return False
    address = guardian.user.email if guardian.user else ""
    return not person.mail or comparable_mail(person.mail) == comparable_mail(address) != ""
