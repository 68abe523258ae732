"""Printing cards and letters: the same codes every time, each printing recorded and told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.models import Action
from apps.audit.services import record_many
from apps.core import clock
from apps.people.models import Guardian, Guardianship, Role, Student
from apps.people.permissions import role_of, students_where
from apps.signin.models import Invitation, LoginCard, PrintedCode, PrintedSheet, SheetKind
from apps.signin.services.cards import ensure_cards
from apps.signin.services.letters import ensure_invitations
from apps.vault.services import open_code

SHEET_STAYS_OPEN = timedelta(minutes=30)  # afterwards it is printed, and recorded, again


@dataclass(frozen=True)
class SheetLine:
    """One person on a sheet: the code, None where it cannot be shown, and whether it works."""

    person: Student | Guardian
    paper: LoginCard | Invitation
    code: str | None
    is_valid: bool


@dataclass(frozen=True)
class Printing:
    """When something was printed, and in which role (a value of Role)."""

    at: datetime
    role: str

    @property
    def role_label(self) -> str:
        """The role in words, for staff."""
        return Role(self.role).label


@transaction.atomic
def print_cards(students, *, school_class, by) -> PrintedSheet:
    """Record a printing of the students' cards; nobody's code changes.

    ``students`` (one at least) are of one class. A student without a card gets the first one.
    """
    cards = [card for _, card in ensure_cards(students, by=by)]
    sheet = _sheet(SheetKind.CARDS, school_class, by, students[0])
    PrintedCode.objects.bulk_create(_on(sheet, card=card) for card in cards)
    record_many(_event(Action.CARD_PRINTED, sheet, by, card.student_id, card) for card in cards)
    return sheet


@transaction.atomic
def print_letters(guardians, *, school_class, by) -> PrintedSheet | None:
    """Record a printing of the guardians' letters; no letter that works changes.

    One whose letter was used or has expired, or who has none, gets a new one. Whoever the roster
    has switched off, or who has no child in the class (any more), gets none; None where that
    leaves nobody.
    """
    in_class = Guardianship.objects.current().filter(
        guardian__in=guardians, student__home_class=school_class, student__left_at=None
    )
    of_class = set(in_class.values_list("guardian_id", flat=True))
    guardians = [guardian for guardian in guardians if guardian.pk in of_class]
    pairs = ensure_invitations(guardians, by=by, school_class=school_class)
    if not pairs:
        return None
    letters = [letter for _, letter in pairs]
    of_guardian = {letter.guardian_id: letter for letter in letters}
    ties = Guardianship.objects.current().filter(guardian__in=of_guardian).order_by("pk")
    child = in_class.filter(guardian__in=of_guardian).order_by("pk").first().student
    sheet = _sheet(SheetKind.LETTERS, school_class, by, child)
    PrintedCode.objects.bulk_create(_on(sheet, invitation=letter) for letter in letters)
    record_many(
        _event(Action.INVITATION_PRINTED, sheet, by, tie.student_id, of_guardian[tie.guardian_id])
        for tie in ties
    )
    return sheet


def sheet_to_show(pk, *, by) -> PrintedSheet | None:
    """The sheet of this id that this person printed just now; None afterwards and for others."""
    since = clock.now() - SHEET_STAYS_OPEN
    found = PrintedSheet.objects.filter(pk=pk, printed_by=by, printed_at__gte=since)
    return found.select_related("school_class__school").first()


def codes_on(sheet, *, by) -> list[SheetLine]:
    """The lines of a sheet for the students this person may know of today.

    A code that was replaced after the printing is not shown.
    """
    if sheet.kind == SheetKind.CARDS:
        return _cards_on(sheet, Student.objects.filter(students_where(by, "cards.print")))
    return _letters_on(sheet, Student.objects.filter(students_where(by, "letters.print")))


def card_printing(student) -> Printing | None:
    """The last printing of this student's card, for the student's own page."""
    return _last(PrintedCode.objects.filter(card__student=student))


def letter_printing(user) -> Printing | None:
    """The last printing of a letter to the guardian whose account this is."""
    return _last(PrintedCode.objects.filter(invitation__guardian__user=user.pk))


def printings_of(kind, ids) -> dict:
    """{card or letter id: last Printing} for a list of staff; ``kind`` a SheetKind."""
    name = "card_id" if kind == SheetKind.CARDS else "invitation_id"
    found = PrintedCode.objects.filter(**{f"{name}__in": ids}).order_by("sheet__printed_at")
    rows = found.values_list(name, "sheet__printed_at", "sheet__printed_role")
    return {pk: Printing(at, role) for pk, at, role in rows}


def _cards_on(sheet, students):
    cards = (
        LoginCard.objects.filter(printings__sheet=sheet, student__in=students)
        .select_related("student__home_class")
        .order_by("student__attendance_number", "student__pk")
    )
    works = set(LoginCard.objects.valid().filter(pk__in=cards).values_list("pk", flat=True))
    return [_line(card.student, card, card.pk in works) for card in cards]


def _letters_on(sheet, students):
    ties = Guardianship.objects.current().filter(student__in=students)
    letters = (
        Invitation.objects.filter(printings__sheet=sheet, guardian__in=ties.values("guardian"))
        .select_related("guardian")
        .order_by("guardian__family_kana", "guardian__given_kana", "guardian__pk")
    )
    works = set(
        Invitation.objects.usable().filter(printings__sheet=sheet).values_list("pk", flat=True)
    )
    return [_line(letter.guardian, letter, letter.pk in works) for letter in letters]


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
    return Printing(*first) if first else None
