"""The lists from which staff print cards and letters."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from apps.core import clock
from apps.people.decision_age import decides_alone
from apps.people.models import (
    INFORMED_STANDINGS,
    Guardian,
    GuardianOrigin,
    Guardianship,
    GuardianStanding,
    Student,
)
from apps.people.permissions import students_where
from apps.registration.models import InvitationLetter, SheetKind
from apps.registration.services import print_runs
from apps.registration.services.letters_by_lead import children_by_lead, marked_children
from apps.signin.models import LoginCard
from apps.signin.services.pins import recent_wrong_pins
from apps.vault.services.paper_codes import PaperCodeState, code_state

ENDS_SOON_DAYS = 7


@dataclass(frozen=True)
class PrintListRow:
    """One person in the list: the open card or letter (or None), and what is known of it."""

    person: Student | Guardian
    paper: LoginCard | InvitationLetter | None
    state: PaperCodeState | None
    printing: print_runs.PrintRecord | None
    has_ended_unused: bool = False  # an unused card that expired

    @property
    def ends_at(self) -> datetime | None:
        """When a letter ends, or a card that was never used; None where nothing ends."""
        name = "unused_until" if isinstance(self.paper, LoginCard) else "expires_at"
        return getattr(self.paper, name, None)

    @property
    def last_day(self) -> date | None:
        """The last day on which it is valid; None where it does not end."""
        return None if self.ends_at is None else self.ends_at.astimezone(clock.JST).date()

    @property
    def days_left(self) -> int | None:
        """Days until its last day (0: today); None where it does not end."""
        return None if self.last_day is None else (self.last_day - clock.today()).days

    @property
    def ends_soon(self) -> bool:
        """Whether a sheet printed now leaves its reader little time."""
        return self.days_left is not None and self.days_left <= ENDS_SOON_DAYS

    @property
    def is_printable(self) -> bool:
        """Whether printing gives a valid code without replacing an existing one."""
        if self.is_stopped or self.is_by_lead_only:
            return False
        return self.paper is None or self.state == PaperCodeState.SEALED

    @property
    def n_wrong_pins(self) -> int:
        """How many wrong PINs were typed on a card in the last seven days (at most ten are stored)."""
        return len(recent_wrong_pins(self.paper)) if isinstance(self.paper, LoginCard) else 0

    @property
    def is_card_stopped(self) -> bool:
        """Whether so many wrong PINs were typed that the card is stopped until a reset."""
        return isinstance(self.paper, LoginCard) and self.paper.stopped_at is not None

    @property
    def is_stopped(self) -> bool:
        """Whether the roster has disabled this guardian: a letter would give no access."""
        return isinstance(self.person, Guardian) and not self.person.is_enabled

    @property
    def is_child(self) -> bool:
        """Whether the letter is a child letter: for whoever is a guardian and not in the roster."""
        return isinstance(self.person, Student)

    @property
    def is_suggested(self) -> bool:
        """Whether the person is not registered yet and has no valid letter."""
        if self.paper is not None or self.is_stopped or self.is_by_lead_only:
            return False
        if self.is_child:
            return not self.person.has_guardians and not self.person.decides_alone
        return self.person.user_id is None

    @property
    def is_by_lead_only(self) -> bool:
        """Whether only the lead may print a letter for this child or guardian."""
        return getattr(self.person, "is_by_lead_only", False)


class CardPrintList:
    """Login cards of the students of a class."""

    kind, verb, name, title = SheetKind.CARDS, "cards.print", "cards", "ログインカード"

    @staticmethod
    def people(user, of_class):
        """The enrolled students of the class whom this person may know of."""
        known = students_where(user, CardPrintList.verb)
        students = Student.objects.enrolled().filter(known, home_class=of_class)
        return list(students.order_by("attendance_number", "pk"))

    @staticmethod
    def working(people):
        """{student id: valid LoginCard}."""
        cards = LoginCard.objects.valid().filter(student__in=people)
        return {card.student_id: card for card in cards}

    @staticmethod
    def ended_unused(people):
        """The ids of students whose card expired unused."""
        cards = LoginCard.objects.ended_unused().filter(student__in=people)
        return set(cards.values_list("student_id", flat=True))

    @staticmethod
    def print(people, of_class, by, hand_out_on=None):
        return print_runs.print_cards(people, school_class=of_class, by=by)


class LetterPrintList:
    """Letters of a class: to the guardians in the roster, and one child letter for all others."""

    kind, verb, name, title = SheetKind.LETTERS, "letters.print", "letters", "招待の手紙"

    @staticmethod
    def people(user, of_class):
        """Each enrolled student of the class, followed by the guardians in the roster.

        Only those whom this person may know of; a guardian of two children is listed once.
        """
        known = students_where(user, LetterPrintList.verb)
        students = Student.objects.enrolled().filter(known, home_class=of_class)
        return letter_recipients(students.order_by("attendance_number", "pk"))

    @staticmethod
    def working(people):
        """{student or guardian id: open InvitationLetter}."""
        students, guardians = students_and_guardians(people)
        letters = InvitationLetter.objects.open().filter(
            Q(guardian__in=guardians) | Q(student__in=students)
        )
        return {letter.guardian_id or letter.student_id: letter for letter in letters}

    @staticmethod
    def ended_unused(people):
        """Empty: a letter has no such end."""
        return set()

    @staticmethod
    def print(people, of_class, by, hand_out_on=None):
        return print_runs.print_letters(
            people, school_class=of_class, by=by, hand_out_on=hand_out_on
        )


def students_and_guardians(people) -> tuple[list[Student], list[Guardian]]:
    """The students and the guardians among these people."""
    students = [each for each in people if isinstance(each, Student)]
    return students, [each for each in people if isinstance(each, Guardian)]


def letter_recipients(students) -> list[Student | Guardian]:
    """Each of these students, then the guardians in the roster for them, each once.

    A student is marked ``has_guardians`` (somebody may decide, registered or not),
    ``decides_alone`` and ``is_by_lead_only``; a guardian has ``children_here`` and ``is_by_lead_only`` where no letter of
    these children is printed for them.
    """
    students = list(students)
    guardianships = (
        Guardianship.objects.named()
        .filter(student__in=students)
        .order_by("guardian__family_kana", "guardian__given_kana", "guardian")
    )
    guardians = Guardian.objects.filter(pk__in=guardianships.values("guardian"))
    by_id = {each.pk: each for each in guardians}
    for guardian in by_id.values():
        guardian.children_here = []
    open_to = {
        guardianship.guardian_id
        for guardianship in guardianships
        if guardianship.standing in INFORMED_STANDINGS
    }
    by_lead = children_by_lead(student.pk for student in students)
    marked = marked_children(by_lead)
    by_student: dict = {}
    for guardianship in guardianships:
        by_student.setdefault(guardianship.student_id, []).append(guardianship)
    found: dict = {}
    for student in students:
        own = by_student.get(student.pk, [])
        student.has_guardians = any(
            guardianship.standing == GuardianStanding.DECIDES for guardianship in own
        )
        student.decides_alone = decides_alone(student)
        student.is_by_lead_only = student.pk in by_lead
        found[student.pk] = student
        for guardianship in own:
            guardian = by_id[guardianship.guardian_id]
            if guardian.origin == GuardianOrigin.ROSTER:
                is_marked = getattr(guardian, "is_by_lead_only", False) or student.pk in marked
                guardian.is_by_lead_only = is_marked or guardian.pk not in open_to
                found.setdefault(guardian.pk, guardian).children_here.append(student)
    return list(found.values())


def print_list_rows(papers, people) -> list[PrintListRow]:
    """The rows of a class; ``papers`` is a CardPrintList or LetterPrintList, ``people`` from it."""
    working = papers.working(people)
    printed = print_runs.last_prints(papers.kind, [paper.pk for paper in working.values()])
    ended = papers.ended_unused(people)
    return [_row(person, working.get(person.pk), printed, person.pk in ended) for person in people]


def _row(person, paper, printed, has_ended_unused):
    if paper is None:
        return PrintListRow(person, None, None, None, has_ended_unused)
    return PrintListRow(person, paper, code_state(paper), printed.get(paper.pk))
