"""Coming in by a letter of a child: the newcomer says who they are, then waits for the school.

Nothing is used up by it. Until the school has confirmed the person, the guardianship opens nothing
of the child: ``Guardianship.objects.current`` does not hold it.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action, Audience, SecurityKind
from apps.audit.services import record
from apps.core import clock
from apps.people import standing
from apps.people.models import (
    Guardian,
    GuardianOrigin,
    Guardianship,
    GuardianStanding,
    School,
    Student,
    User,
)
from apps.people.permissions import kept_from
from apps.people.security import note
from apps.signin.models import ArrivalState, GuardianArrival, Invitation
from apps.signin.services import said_names
from apps.signin.services.arrivals_to_call import tell_lead
from apps.signin.services.letters import NOT_USABLE, CannotAccept, children_of
from apps.signin.services.said_names import Names

FOR_STAFF = _(
    "職員のアカウントは、保護者のアカウントにできません。サインアウトして、ご自分の"
    "(仕事で使わない)メールアドレスで、保護者のアカウントを作ってください。"
)
FOR_STUDENTS = _("生徒のアカウントでは使えません。この手紙は、家の人に渡してください。")


@dataclass(frozen=True)
class Newcomer:
    """What a person says of themselves; the names only where this municipality has none of them.

    ``has_secret``: there is somebody who must not learn of it.
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
    staff_on_device: tuple[UUID, ...] = ()  # accounts of staff that have signed in there

    @property
    def names(self) -> Names:
        """The names alone."""
        return Names(self.family_name, self.given_name, self.family_kana, self.given_kana)


def why_not_account(user: User) -> str:
    """Why this account cannot become a guardian's, a sentence for its person; "" where it can."""
    if Student.objects.filter(user=user.pk).exists():
        return FOR_STUDENTS
    return FOR_STAFF if user.is_staff else ""


def refuse_account(user: User) -> None:
    """Raises CannotAccept for a student's and a member of staff's account; a student is noted."""
    why = why_not_account(user)
    if why == FOR_STUDENTS:
        note(SecurityKind.ACCESS_REFUSED, user=user, detail="student_with_letter")
    if why:
        raise CannotAccept(why)


def check_letter(letter: Invitation, user: User) -> None:
    """Raises CannotAccept where this account cannot come in by this letter.

    Who is kept out from the child reads what is said of any letter that does not work, but not who
    was kept out while they waited (they come as who waits, and stay kept out); so does everybody whose letter is of a school that the child has left: it must not lead to the next.
    """
    refuse_account(user)
    if not letter.student_id:
        return
    if _is_known_kept_out(user, letter.student_id) or not letter_works(letter):
        raise CannotAccept(NOT_USABLE)


def _is_known_kept_out(user, student_id):
    """Whether they know of it: not where the newest tie, of who came before too, only waited."""
    if not kept_from(user).filter(student=student_id).exists():
        return False
    mine = Guardianship.objects.filter(guardian__user=user.pk, student=student_id)
    return not mine.order_by("-began_at").first().is_unconfirmed


def school_of(letter: Invitation) -> School:
    """The school that a child's letter comes from, which may no longer be the child's."""
    if letter.school_class is not None:
        return letter.school_class.school
    printed = letter.printings.order_by("-sheet__printed_at").select_related("sheet__school")
    first = printed.first()
    return first.sheet.school if first else letter.student.school


def school_names(letter: Invitation) -> list[str]:
    """The names of the schools that a letter comes from."""
    if letter.student_id:
        return [school_of(letter).name]
    return sorted({child.school.name for child in children_of(letter)})


def letter_works(letter: Invitation) -> bool:
    """Whether a letter leads anywhere today, whoever holds it."""
    return not letter.student_id or school_of(letter).pk == letter.student.school_id


def known_as(user: User, letter: Invitation) -> Guardian | None:
    """As whom this account came by a letter in this municipality before."""
    mine = Guardian.objects.filter(user=user.pk, municipality=letter.municipality_id)
    return mine.filter(origin=GuardianOrigin.LETTER).first()


def keeps_names(guardian: Guardian) -> bool:
    """Whether the next letter asks for no name: the school knows the person, or they wait now.

    While they wait they correct their names on the page of what they said.
    """
    waits = GuardianArrival.objects.waiting().filter(guardian=guardian, student__isnull=False)
    return said_names.is_confirmed(guardian) or waits.exists()


def is_guardian_already(letter: Invitation, user: User) -> bool:
    """Whether this account is confirmed as a guardian of the letter's child."""
    ties = Guardianship.objects.current().filter(student=letter.student_id)
    return ties.filter(guardian__user=user.pk).exists()


@transaction.atomic
def accept_child_letter(
    letter: Invitation, user: User, newcomer: Newcomer
) -> GuardianArrival | None:
    """This account says it is a guardian of the letter's child; the arrival the school confirms.

    The arrival of before where it waits already (the same press, sent twice), None where the
    account is this child's guardian already. Raises CannotAccept.
    """
    check_letter(letter, user)
    User.objects.select_for_update().get(pk=user.pk)
    letter = _held(letter)
    if is_guardian_already(letter, user):
        return None
    guardian = known_as(user, letter) or _new_guardian(letter, user, newcomer)
    said = said_names.of_newcomer(guardian)
    if newcomer.family_name and not keeps_names(guardian):
        said = newcomer.names
    standing.hold_ties_of(guardian.pk, user.pk)
    check_letter(letter, user)  # kept out a moment ago
    waiting = GuardianArrival.objects.waiting().filter(guardian=guardian, student=letter.student_id)
    if found := waiting.first():
        return found
    arrival = begin_waiting(letter, guardian, newcomer, said)
    record(
        Action.INVITATION_USED, actor=user, role="guardian", municipality_id=letter.municipality_id,
        subject_id=arrival.student_id, thing=letter, audience=Audience.PROTECTIVE,
    )  # fmt: skip
    tell_lead(arrival)
    return arrival


def _held(letter):
    """The letter, as it is now and stays until the commit. Raises CannotAccept."""
    found = Invitation.objects.usable().select_for_update(of=("self",), no_key=True)
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
    letter: Invitation, guardian: Guardian, newcomer: Newcomer, names: Names
) -> GuardianArrival:
    """The tie that waits and its arrival, in the caller's transaction; what was too old has lapsed.

    ``names`` are those that the person says they have.
    """
    now, student = clock.now(), letter.student
    old = GuardianArrival.objects.overdue().filter(guardian=guardian, student=student)
    old.update(state=ArrivalState.LAPSED, ended_at=now)
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
    return GuardianArrival.objects.create(
        municipality_id=letter.municipality_id, guardian=guardian, user_id=guardian.user_id,
        invitation=letter, student=student, school_id=student.school_id, arrived_at=now,
        tells_others=newcomer.tells_others and not newcomer.has_secret,
        has_secret=newcomer.has_secret, on_students_device=newcomer.on_students_device,
        safe_contact=newcomer.safe_contact if newcomer.has_secret else "",
        staff_on_device=list(newcomer.staff_on_device),
        said_names=said_names.write(guardian, names),
    )  # fmt: skip
