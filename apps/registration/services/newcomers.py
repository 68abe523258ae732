"""Registration with a child letter: the newcomer describes themselves, then waits for the school.

The letter is not used up. Until the school has confirmed the person, the guardianship opens nothing
of the child: ``Guardianship.objects.current`` excludes it.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action, Audience, SecurityKind
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.people.models import (
    Guardian,
    GuardianOrigin,
    Guardianship,
    GuardianStanding,
    School,
    Student,
    User,
)
from apps.people.permissions import students_kept_from
from apps.people.person_match_rules import TypedPerson
from apps.people.services import guardian_standings, kept_out_people
from apps.people.services.security_events import note_security_event
from apps.registration.models import GuardianRegistration, InvitationLetter, RegistrationState
from apps.registration.services import guardian_names
from apps.registration.services.guardian_names import GuardianNames
from apps.registration.services.letters import NOT_USABLE, CannotAccept, children_of_letter
from apps.registration.services.safe_contacts import mail_leads

FOR_STAFF = _(
    "職員のアカウントは、保護者のアカウントにできません。サインアウトして、ご自分の"
    "(仕事で使わない)メールアドレスで、保護者のアカウントを作ってください。"
)
FOR_STUDENTS = _("生徒のアカウントでは使えません。この手紙は、家の人に渡してください。")


@dataclass(frozen=True)
class Newcomer:
    """What a newcomer states; the names only where this municipality has none of them.

    ``has_secret``: somebody must not learn of the registration.
    """

    relation: str
    has_secret: bool
    tells_others: bool
    family_name: str = ""
    given_name: str = ""
    family_kana: str = ""
    given_kana: str = ""
    language: str = ""
    safe_contact: str = ""  # only where there is a secret
    on_students_device: bool = False
    staff_on_device: tuple[UUID, ...] = ()  # staff accounts that have signed in on the device

    @property
    def names(self) -> GuardianNames:
        """The names alone."""
        return GuardianNames(self.family_name, self.given_name, self.family_kana, self.given_kana)


def why_not_account(user: User) -> str:
    """Why this account cannot become a guardian's, a sentence for its owner; "" where it can."""
    if Student.objects.filter(user=user.pk).exists():
        return FOR_STUDENTS
    return FOR_STAFF if user.is_staff else ""


def require_guardian_account(user: User) -> None:
    """Raises CannotAccept for a student's or staff account; a student is recorded."""
    why = why_not_account(user)
    if why == FOR_STUDENTS:
        note_security_event(SecurityKind.ACCESS_REFUSED, user=user, detail="student_with_letter")
    if why:
        raise CannotAccept(why)


def check_letter(letter: InvitationLetter, user: User) -> None:
    """Raises CannotAccept where this account cannot register with this letter.

    Somebody kept out from the child, also before they ever had an account, gets the message of any
    unusable letter, but not somebody kept
    out while they waited (they register as before, and stay kept out). So does everybody whose
    letter is of a school that the child has left: it must not lead to the next school.
    """
    require_guardian_account(user)
    if not letter.student_id:
        return
    is_refused = kept_out_people.is_refused([letter.student_id], TypedPerson(mail=user.email))
    if is_refused or _is_known_kept_out(user, letter.student_id) or not is_letter_usable(letter):
        raise CannotAccept(NOT_USABLE)


def _is_known_kept_out(user, student_id):
    """Whether they know that they are kept out: not where the newest guardianship only waited."""
    if not students_kept_from(user).filter(student=student_id).exists():
        return False
    own = Guardianship.objects.filter(guardian__user=user.pk, student=student_id)
    return not own.order_by("-began_at").first().is_unconfirmed


def school_of_letter(letter: InvitationLetter) -> School | None:
    """The school that wrote a letter, which may no longer be the child's."""
    if letter.school_class is not None:
        return letter.school_class.school
    printed = letter.printings.order_by("-sheet__printed_at").select_related("sheet__school")
    first = printed.first()
    if first is not None:
        return first.sheet.school
    return letter.student.school if letter.student_id else None


def school_names_of_letter(letter: InvitationLetter) -> list[str]:
    """The names of the schools that a letter's page may say: the one that wrote it.

    A letter to a guardian may lie where somebody is kept out from another child of theirs: no other
    school is named. Without a known writer, the only school of the guardian's children, or the city.
    """
    if school := school_of_letter(letter):
        return [school.name]
    names = {child.school.name for child in children_of_letter(letter)}
    return [*names] if len(names) == 1 else [letter.municipality.name]


def is_letter_usable(letter: InvitationLetter) -> bool:
    """Whether a letter leads anywhere today, whoever holds it."""
    school = school_of_letter(letter)
    return not letter.student_id or (school is not None and school.pk == letter.student.school_id)


def known_names_of(user: User, letter: InvitationLetter) -> Guardian | None:
    """The names under which this account registered in this municipality before."""
    own = Guardian.objects.filter(user=user.pk, municipality=letter.municipality_id)
    return own.filter(origin=GuardianOrigin.LETTER).first()


def keeps_names(guardian: Guardian) -> bool:
    """Whether the next letter asks for no name: the school knows the person, or they wait now.

    While they wait they correct their names on the page of their statement.
    """
    waits = GuardianRegistration.objects.waiting().filter(guardian=guardian, student__isnull=False)
    return guardian_names.is_confirmed(guardian) or waits.exists()


def is_guardian_already(letter: InvitationLetter, user: User) -> bool:
    """Whether this account is confirmed as a guardian of the letter's child."""
    guardianships = Guardianship.objects.current().filter(student=letter.student_id)
    return guardianships.filter(guardian__user=user.pk).exists()


@transaction.atomic
def accept_child_letter(
    letter: InvitationLetter, user: User, newcomer: Newcomer
) -> GuardianRegistration | None:
    """Register this account as a guardian of the letter's child; the school confirms it.

    Returns the existing registration where it waits already (a repeated request), None where the
    account is this child's guardian already. Raises CannotAccept.
    """
    check_letter(letter, user)
    User.objects.select_for_update().get(pk=user.pk)
    letter = _locked_letter(letter)
    if is_guardian_already(letter, user):
        return None
    guardian = known_names_of(user, letter) or _new_guardian(letter, user, newcomer)
    names = guardian_names.names_of_newcomer(guardian)
    if newcomer.family_name and not keeps_names(guardian):
        names = newcomer.names
    guardian_standings.lock_guardianships_of(guardian.pk, user.pk)
    check_letter(letter, user)  # kept out a moment ago
    if kept_out_people.is_refused([letter.student_id], TypedPerson(phone=newcomer.safe_contact)):
        raise CannotAccept(NOT_USABLE)
    waiting = GuardianRegistration.objects.waiting().filter(
        guardian=guardian, student=letter.student_id
    )
    if found := waiting.first():
        return found
    registration = begin_waiting(letter, guardian, newcomer, names)
    record(
        Action.INVITATION_USED, actor=user, role="guardian", municipality_id=letter.municipality_id,
        subject_id=registration.student_id, thing=letter, audience=Audience.PROTECTIVE,
    )  # fmt: skip
    mail_leads(registration)
    return registration


def _locked_letter(letter):
    """The letter, locked until the commit. Raises CannotAccept."""
    found = InvitationLetter.objects.usable().select_for_update(of=("self",), no_key=True)
    found = found.filter(pk=letter.pk, student__isnull=False).first()
    if found is None:
        raise CannotAccept(NOT_USABLE)
    return found


def _new_guardian(letter, user, newcomer):
    return Guardian.objects.create(
        municipality_id=letter.municipality_id, user=user, origin=GuardianOrigin.LETTER,
        family_name=newcomer.family_name, given_name=newcomer.given_name,
        family_kana=newcomer.family_kana, given_kana=newcomer.given_kana,
        language=newcomer.language or "ja",
    )  # fmt: skip


def begin_waiting(
    letter: InvitationLetter, guardian: Guardian, newcomer: Newcomer, names: GuardianNames
) -> GuardianRegistration:
    """Create the waiting guardianship and registration, in the caller's transaction; overdue ones
    lapse.

    ``names`` are those that the person gave.
    """
    now, student = clock.now(), letter.student
    old = GuardianRegistration.objects.overdue().filter(guardian=guardian, student=student)
    old.update(state=RegistrationState.LAPSED, ended_at=now)
    waits = {
        "relation": newcomer.relation,
        "must_stay_unknown": newcomer.has_secret,
        "standing": GuardianStanding.WAITING,
    }
    Guardianship.objects.unconfirmed().filter(guardian=guardian, student=student).update(
        ended_at=now
    )
    Guardianship.objects.create(
        municipality_id=letter.municipality_id, guardian=guardian, student=student,
        origin=GuardianOrigin.LETTER, began_at=now, **waits,
    )  # fmt: skip
    return GuardianRegistration.objects.create(
        municipality_id=letter.municipality_id, guardian=guardian, user_id=guardian.user_id,
        invitation=letter, student=student, school_id=student.school_id, registered_at=now,
        tells_others=newcomer.tells_others and not newcomer.has_secret,
        has_secret=newcomer.has_secret, on_students_device=newcomer.on_students_device,
        safe_contact=newcomer.safe_contact if newcomer.has_secret else "",
        staff_on_device=list(newcomer.staff_on_device),
        said_names=guardian_names.write_names(guardian, names),
    )  # fmt: skip
