"""The two kinds of paper that bring people in, as the staff's pages list and print them."""

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
from apps.signin.models import LoginCard
from apps.signin.services.pins import recent_wrong_pins
from apps.vault.services.paper_codes import PaperCodeState, code_state

ENDS_SOON_DAYS = 7


@dataclass(frozen=True)
class PrintListRow:
    """One person in the list: the card or letter that is open (None), and what is known of it."""

    person: Student | Guardian
    paper: LoginCard | InvitationLetter | None
    state: PaperCodeState | None
    printing: print_runs.PrintRecord | None
    has_ended_unused: bool = False  # a card that nobody used in time

    @property
    def ends_at(self) -> datetime | None:
        """When a letter ends, or a card that was never used; None for what has no end."""
        name = "unused_until" if isinstance(self.paper, LoginCard) else "expires_at"
        return getattr(self.paper, name, None)

    @property
    def last_day(self) -> date | None:
        """The last day on which it works; None for what has no end."""
        return None if self.ends_at is None else self.ends_at.astimezone(clock.JST).date()

    @property
    def days_left(self) -> int | None:
        """Days until its last day (0: today); None for what has no end."""
        return None if self.last_day is None else (self.last_day - clock.today()).days

    @property
    def ends_soon(self) -> bool:
        """Whether a paper printed now leaves its reader little time."""
        return self.days_left is not None and self.days_left <= ENDS_SOON_DAYS

    @property
    def is_printable(self) -> bool:
        """Whether printing gives a working paper without a new code for an existing one."""
        if self.is_stopped or self.is_by_lead_only:
            return False
        return self.paper is None or self.state == PaperCodeState.SEALED

    @property
    def n_wrong_pins(self) -> int:
        """How many wrong PINs were tried on a card in the last seven days; ten are the most kept."""
        return len(recent_wrong_pins(self.paper)) if isinstance(self.paper, LoginCard) else 0

    @property
    def is_card_stopped(self) -> bool:
        """Whether so many wrong PINs were tried that this card opens nothing before a reset."""
        return isinstance(self.paper, LoginCard) and self.paper.stopped_at is not None

    @property
    def is_stopped(self) -> bool:
        """Whether the roster has switched this guardian off: such a letter would let nobody in."""
        return isinstance(self.person, Guardian) and not self.person.is_enabled

    @property
    def is_child(self) -> bool:
        """Whether the letter is a child's: for whoever is a guardian and no roster names."""
        return isinstance(self.person, Student)

    @property
    def is_suggested(self) -> bool:
        """Whether a letter is for somebody who is not in yet and has none that works."""
        if self.paper is not None or self.is_stopped or self.is_by_lead_only:
            return False
        if self.is_child:
            return not self.person.has_guardians and not self.person.decides_alone
        return self.person.user_id is None

    @property
    def is_by_lead_only(self) -> bool:
        """Whether no letter of a child of this class is printed here for this guardian."""
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
        """The ids of those whose card ended because nobody used it."""
        cards = LoginCard.objects.ended_unused().filter(student__in=people)
        return set(cards.values_list("student_id", flat=True))

    @staticmethod
    def print(people, of_class, by, hand_out_on=None):
        return print_runs.print_cards(people, school_class=of_class, by=by)


class LetterPrintList:
    """Letters of a class: to the guardians a roster names, and one a child for all others."""

    kind, verb, name, title = SheetKind.LETTERS, "letters.print", "letters", "招待の手紙"

    @staticmethod
    def people(user, of_class):
        """Each enrolled student of the class, followed by the guardians whom the roster names.

        Only those whom this person may know of; a guardian of two children stands once.
        """
        known = students_where(user, LetterPrintList.verb)
        students = Student.objects.enrolled().filter(known, home_class=of_class)
        return letter_recipients(students.order_by("attendance_number", "pk"))

    @staticmethod
    def working(people):
        """{student or guardian id: open Invitation}."""
        students, guardians = students_and_guardians(people)
        letters = InvitationLetter.objects.open().filter(
            Q(guardian__in=guardians) | Q(student__in=students)
        )
        return {letter.guardian_id or letter.student_id: letter for letter in letters}

    @staticmethod
    def ended_unused(people):
        """None: a letter always says its end."""
        return set()

    @staticmethod
    def print(people, of_class, by, hand_out_on=None):
        return print_runs.print_letters(
            people, school_class=of_class, by=by, hand_out_on=hand_out_on
        )


def students_and_guardians(people) -> tuple[list[Student], list[Guardian]]:
    """The students and the guardians among some people."""
    students = [each for each in people if isinstance(each, Student)]
    return students, [each for each in people if isinstance(each, Guardian)]


def letter_recipients(students) -> list[Student | Guardian]:
    """Each of these students, then the guardians the roster names for them, each once.

    A student is marked ``has_guardians`` (somebody decides, whether they are in yet or not) and
    ``decides_alone``; a guardian has ``children_here`` and ``is_by_lead_only`` where no letter of
    these children is printed for them.
    """
    students = list(students)
    ties = (
        Guardianship.objects.named()
        .filter(student__in=students)
        .order_by("guardian__family_kana", "guardian__given_kana", "guardian")
    )
    guardians = Guardian.objects.filter(pk__in=ties.values("guardian"))
    by_id = {each.pk: each for each in guardians}
    for guardian in by_id.values():
        guardian.children_here = []
    open_to = {tie.guardian_id for tie in ties if tie.standing in INFORMED_STANDINGS}
    beside: dict = {}
    for tie in ties:
        beside.setdefault(tie.student_id, []).append(tie)
    found: dict = {}
    for student in students:
        own = beside.get(student.pk, [])
        student.has_guardians = any(tie.standing == GuardianStanding.DECIDES for tie in own)
        student.decides_alone = decides_alone(student)
        found[student.pk] = student
        for tie in own:
            guardian = by_id[tie.guardian_id]
            if guardian.origin == GuardianOrigin.ROSTER:
                guardian.is_by_lead_only = guardian.pk not in open_to
                found.setdefault(guardian.pk, guardian).children_here.append(student)
    return list(found.values())


def print_list_rows(papers, people) -> list[PrintListRow]:
    """The list of a class: ``papers`` is Cards or Letters, ``people`` what it gave."""
    working = papers.working(people)
    printed = print_runs.last_prints(papers.kind, [paper.pk for paper in working.values()])
    ended = papers.ended_unused(people)
    return [_row(person, working.get(person.pk), printed, person.pk in ended) for person in people]


def _row(person, paper, printed, has_ended_unused):
    if paper is None:
        return PrintListRow(person, None, None, None, has_ended_unused)
    return PrintListRow(person, paper, code_state(paper), printed.get(paper.pk))
