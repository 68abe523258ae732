"""Which letters a whole school prints: for those who need one, never had one, or for everybody."""

from dataclasses import dataclass

from django.db import models

from apps.people.models import Guardian, School, Student, User
from apps.people.permissions import students_where
from apps.registration.models import PrintedCode
from apps.registration.print_lists import (
    LetterPrintList,
    PrintListRow,
    letter_recipients,
    print_list_rows,
    students_and_guardians,
)


class LetterSelection(models.TextChoices):
    NEW = "new", "まだ一度も手紙を印刷していない人(前の印刷のあとに名簿に入った子どもなど)"
    NEEDED = (
        "needed",
        "保護者がまだいない子どもと、登録していない名簿の保護者(前と同じ手紙をもう一度)",
    )
    ALL = "all", "上に加えて、名簿に保護者がいる子どもの「子どもの手紙」も"


@dataclass(frozen=True)
class SchoolLetters:
    """One school's recipients for each selection, and how many are left out."""

    people: dict[str, list[Student | Guardian]]
    n_students: int
    n_decide_alone: int
    n_unprintable: int  # the code of a valid letter cannot be decrypted any more


def letters_of_school(school: School, user: User) -> SchoolLetters:
    """The letters of a school, among the students this person may know of, class by class."""
    known = students_where(user, LetterPrintList.verb)
    students = Student.objects.enrolled().filter(known, school=school).select_related("home_class")
    in_order = students.order_by(
        "home_class__grade", "home_class__title", "attendance_number", "pk"
    )
    listed = print_list_rows(LetterPrintList, letter_recipients(in_order))
    selected = [row for row in listed if _may_get(row)]
    printable = [row for row in selected if row.is_printable]
    had = _printed_before([row.person for row in printable], school)
    needed = [row.person for row in printable if _needs(row)]
    return SchoolLetters(
        people={
            LetterSelection.NEW: [person for person in needed if person.pk not in had],
            LetterSelection.NEEDED: needed,
            LetterSelection.ALL: [row.person for row in printable],
        },
        n_students=sum(row.is_child for row in listed),
        n_decide_alone=sum(row.is_child and row.person.decides_alone for row in listed),
        n_unprintable=len(selected) - len(printable),
    )


def _may_get(row: PrintListRow):
    """Without those who are registered, disabled, handled by the lead, or decide for themselves."""
    if row.is_child:
        return not (row.person.decides_alone or row.is_by_lead_only)
    return not (row.is_stopped or row.is_by_lead_only or row.person.user_id)


def _needs(row):
    return not row.is_child or not row.person.has_guardians


def _printed_before(people, school):
    """The ids of those for whom this school ever printed a letter."""
    students, guardians = students_and_guardians(people)
    found: set = set()
    for name, chosen in (("student", students), ("guardian", guardians)):
        printed = PrintedCode.objects.filter(
            sheet__school=school, **{f"invitation__{name}__in": chosen}
        )
        found |= set(printed.values_list(f"invitation__{name}", flat=True))
    return found
