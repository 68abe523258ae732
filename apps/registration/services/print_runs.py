"""Printing cards and letters: the codes stay the same, each printing is recorded and shown to its
owner.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.audit.models import Action
from apps.audit.services.audit_events import record_many
from apps.core import clock
from apps.people.models import Guardian, Guardianship, Role, Student
from apps.people.permissions import role_of, students_where
from apps.people.services.protection_checks import why_no_letters
from apps.registration.models import InvitationLetter, PrintedCode, PrintedSheet, SheetKind
from apps.registration.services.child_letters import ensure_child_letters
from apps.registration.services.letters import ensure_guardian_letters
from apps.registration.services.letters_by_lead import children_by_lead, marked_children
from apps.signin.models import LoginCard
from apps.signin.services.cards import ensure_cards
from apps.vault.services.paper_codes import open_code

SHEET_OPEN_FOR = timedelta(minutes=30)  # afterwards it is printed, and recorded, again


class CannotPrint(Exception):
    """Nothing may be printed; the message is for the member of staff."""


@dataclass(frozen=True)
class SheetLine:
    """One person on a sheet: the code (None where it cannot be shown) and whether it is valid.

    ``child`` is the student whose class and number are printed on the outside of a letter.
    """

    person: Student | Guardian
    paper: LoginCard | InvitationLetter
    code: str | None
    is_valid: bool
    child: Student | None = None


@dataclass(frozen=True)
class PrintRecord:
    """When something was printed, and in which role (a value of Role)."""

    at: datetime
    role: str

    @property
    def role_label(self) -> str:
        """The role in words, for staff."""
        return str(Role(self.role).label)


@transaction.atomic
def print_cards(students, *, school_class, by) -> PrintedSheet:
    """Record a printing of the students' cards; no code changes.

    ``students`` (at least one) are of one class. A student without a card gets the first one.
    """
    cards = [card for _, card in ensure_cards(students, by=by)]
    sheet = _sheet(SheetKind.CARDS, school_class, by, students[0])
    PrintedCode.objects.bulk_create(_on(sheet, card=card) for card in cards)
    record_many(_event(Action.CARD_PRINTED, sheet, by, card.student_id, card) for card in cards)
    return sheet


@transaction.atomic
def print_letters(
    people, *, by, school_class=None, school=None, hand_out_on=None, by_lead=False
) -> PrintedSheet | None:
    """Record a printing of letters for a class or a whole school; valid letters stay the same.

    ``people`` are guardians in the roster and students whose guardians are not. Somebody whose
    letter was used or has expired, or who has none, gets a new one, valid from the hand-out day.
    Guardians who are disabled, have no child there (any more) or have left get none; returns None
    where that leaves nobody. ``by_lead``: the lead prints what is in no print run; without it,
    children whose letters the lead hands over, and their guardians, get none. Raises CannotPrint
    where the city has recorded no ProtectionCheck of the school.
    """
    school = school or school_class.school
    if why := why_no_letters(school):
        raise CannotPrint(why)
    here = Student.objects.enrolled().filter(school=school)
    if school_class is not None:
        here = here.filter(home_class=school_class)
    if not by_lead:
        here, people = _without_lead_letters(here, people)
    letters, subjects = _letters_for(people, here, by, school_class, hand_out_on)
    if not letters:
        return None
    sheet = PrintedSheet.objects.create(
        municipality_id=school.municipality_id, kind=SheetKind.LETTERS, school=school,
        school_class=school_class, hand_out_on=hand_out_on, printed_by=by, printed_at=clock.now(),
        printed_role=role_of(by, school_class or school, "letters.print"),
    )  # fmt: skip
    PrintedCode.objects.bulk_create(_on(sheet, invitation=letter) for letter in letters)
    record_many(
        _event(Action.INVITATION_PRINTED, sheet, by, student_id, letter)
        for student_id, letter in subjects
    )
    return sheet


def _without_lead_letters(here, people):
    """The students there and the people, without those whose letters the lead hands over."""
    students = [each.pk for each in people if isinstance(each, Student)]
    guardians = [each.pk for each in people if isinstance(each, Guardian)]
    named = Guardianship.objects.named().filter(guardian__in=guardians)
    pairs = list(named.values_list("guardian", "student"))
    marked = marked_children(student for _, student in pairs)
    shut = {guardian for guardian, student in pairs if student in marked}
    here = here.exclude(pk__in=children_by_lead([*students, *marked]))
    return here, [each for each in people if each.pk not in shut]


def _letters_for(people, here, by, school_class, hand_out_on):
    """(the letters, [(student id, letter)] of the students each is about), of present people."""
    students = [each for each in people if isinstance(each, Student)]
    guardians = [each for each in people if isinstance(each, Guardian)]
    guardianships = Guardianship.objects.current()
    known = set(here.filter(pk__in=[each.pk for each in students]).values_list("pk", flat=True))
    named = set(
        guardianships.filter(guardian__in=guardians, student__in=here).values_list(
            "guardian", flat=True
        )
    )
    of_students = ensure_child_letters(
        [each for each in students if each.pk in known], by=by, works_from=hand_out_on
    )
    of_guardians = ensure_guardian_letters(
        [each for each in guardians if each.pk in named], by=by, school_class=school_class,
        works_from=hand_out_on,
    )  # fmt: skip
    by_guardian = {guardian.pk: letter for guardian, letter in of_guardians}
    about = guardianships.filter(guardian__in=by_guardian).order_by("pk")
    subjects = [(student.pk, letter) for student, letter in of_students]
    subjects += [
        (guardianship.student_id, by_guardian[guardianship.guardian_id]) for guardianship in about
    ]
    return [letter for _, letter in [*of_students, *of_guardians]], subjects


def open_sheet(pk, *, by) -> PrintedSheet | None:
    """The sheet of this id that this person printed just now; None afterwards and for others."""
    since = clock.now() - SHEET_OPEN_FOR
    found = PrintedSheet.objects.filter(pk=pk, printed_by=by, printed_at__gte=since)
    return found.select_related("school_class__school", "school").first()


def lines_of_sheet(sheet, *, by) -> list[SheetLine]:
    """The lines of a sheet for the students this person may know of today.

    A code that was replaced after the printing is not shown.
    """
    if sheet.kind == SheetKind.CARDS:
        return _cards_on(sheet, Student.objects.filter(students_where(by, "cards.print")))
    return _letters_on(sheet, Student.objects.filter(students_where(by, "letters.print")))


def last_card_print(student) -> PrintRecord | None:
    """The last printing of this student's card, for the student's own page."""
    return _last(PrintedCode.objects.filter(card__student=student))


def last_letter_print(user) -> PrintRecord | None:
    """The last printing of a letter to the guardian of this account."""
    return _last(PrintedCode.objects.filter(invitation__guardian__user=user.pk))


def last_prints(kind, ids) -> dict:
    """{card or letter id: last PrintRecord} for a staff list; ``kind`` is a SheetKind."""
    name = "card_id" if kind == SheetKind.CARDS else "invitation_id"
    found = PrintedCode.objects.filter(**{f"{name}__in": ids}).order_by("sheet__printed_at")
    rows = found.values_list(name, "sheet__printed_at", "sheet__printed_role")
    return {pk: PrintRecord(at, role) for pk, at, role in rows}


def _cards_on(sheet, students):
    cards = (
        LoginCard.objects.filter(printings__sheet=sheet, student__in=students)
        .select_related("student__home_class")
        .order_by("student__attendance_number", "student__pk")
    )
    works = set(LoginCard.objects.valid().filter(pk__in=cards).values_list("pk", flat=True))
    return [_line(card.student, card, card.pk in works) for card in cards]


def _letters_on(sheet, students):
    """Letters in class order: a child's own letter, then those to its guardians."""
    letters = list(
        InvitationLetter.objects.filter(printings__sheet=sheet)
        .filter(Q(student__in=students) | Q(guardian__in=_named_with(students)))
        .select_related("guardian", "student__home_class")
    )
    children = _first_children(letters, students)
    open_ = set(
        InvitationLetter.objects.open().filter(printings__sheet=sheet).values_list("pk", flat=True)
    )
    found = [
        replace(
            _line(letter.student or letter.guardian, letter, letter.pk in open_),
            child=children.get(letter.guardian_id) or letter.student,
        )
        for letter in letters
    ]
    return sorted(found, key=_place)


def _named_with(students):
    return Guardianship.objects.current().filter(student__in=students).values("guardian")


def _first_children(letters, students):
    """{guardian id: the first of their children there}."""
    ids = [letter.guardian_id for letter in letters if letter.guardian_id]
    guardianships = Guardianship.objects.current().filter(guardian__in=ids, student__in=students)
    found: dict = {}
    for guardianship in guardianships.select_related("student__home_class"):
        best = found.get(guardianship.guardian_id)
        if best is None or _seat(guardianship.student) < _seat(best):
            found[guardianship.guardian_id] = guardianship.student
    return found


def _place(line):
    return (*_seat(line.child), isinstance(line.person, Guardian), str(line.paper.pk))


def _seat(student):
    of_class = student.home_class
    where = (of_class.grade, of_class.title) if of_class else ("~", "")
    return (*where, student.attendance_number or 999, str(student.pk))


def _line(person, row, is_valid):
    return SheetLine(person, row, open_code(row) if is_valid else None, is_valid)


def _sheet(kind, school_class, by, student):
    return PrintedSheet.objects.create(
        municipality_id=school_class.municipality_id,
        kind=kind,
        school_id=school_class.school_id,
        school_class=school_class,
        printed_by=by,
        printed_at=clock.now(),
        printed_role=role_of(by, student, f"{kind}.print"),
    )


def _on(sheet, **what):
    return PrintedCode(municipality_id=sheet.municipality_id, sheet=sheet, **what)


def _event(action, sheet, by, student_id, thing):
    return {
        "action": action, "actor": by, "role": sheet.printed_role, "thing": thing,
        "municipality_id": sheet.municipality_id, "subject_id": student_id,
    }  # fmt: skip


def _last(found):
    row = found.order_by("-sheet__printed_at").values_list(
        "sheet__printed_at", "sheet__printed_role"
    )
    first = row.first()
    return PrintRecord(*first) if first else None
