"""Creates letters: rows, codes and audit, with a constant number of statements."""

from datetime import date, datetime, timedelta

from apps.audit.models import Action
from apps.audit.services.audit_events import record_many
from apps.core import clock
from apps.core.municipality_scope import across_municipalities
from apps.core.time_zone import midnight
from apps.people.models import Guardian, Guardianship, SchoolClass, Student, User
from apps.people.permissions import has_post_for, role_of
from apps.registration.models import InvitationLetter
from apps.registration.models.registrations import CONFIRMATION_PERIOD
from apps.signin import codes
from apps.vault.services.paper_codes import seal_code

GUARDIAN_LETTER_LIFETIME = timedelta(days=30)  # to a guardian named by the roster
CHILD_LETTER_LIFETIME = (
    2 * CONFIRMATION_PERIOD
)  # a registration that lapsed may be repeated with the same letter


def expiry_of(works_from: date | None, lifetime: timedelta = GUARDIAN_LETTER_LIFETIME) -> datetime:
    """When a letter written now ends: its lifetime after the hand-out day."""
    now = clock.now()
    if works_from is None:
        return now + lifetime
    return max(now, midnight(works_from)) + lifetime


def change_hand_out_day(letters, works_from: date | None) -> None:
    """Give letters that are not valid yet another hand-out day; others stay as they are."""
    later = [
        letter
        for letter in letters
        if works_from and letter.works_from and letter.works_from > clock.today()
        and letter.works_from != works_from
    ]  # fmt: skip
    for letter in later:
        lifetime = GUARDIAN_LETTER_LIFETIME if letter.student_id is None else CHILD_LETTER_LIFETIME
        letter.works_from, letter.expires_at = works_from, expiry_of(works_from, lifetime)
    InvitationLetter.objects.bulk_update(later, ["works_from", "expires_at"])


def write_letters(
    owners: list[Student] | list[Guardian], *, by: User | None,
    works_from: date | None = None, school_class: SchoolClass | None = None,
) -> list[tuple[InvitationLetter, str]]:  # fmt: skip
    """[(new letter, code)] for locked students or guardians; an earlier letter ends.

    A child letter belongs to the student's class, a guardian's to ``school_class``.
    """
    if not owners:
        return []
    name = "student" if isinstance(owners[0], Student) else "guardian"
    had = InvitationLetter.objects.filter(**{f"{name}__in": owners}, used_at=None, revoked_at=None)
    had.update(revoked_at=clock.now())
    slips = new_slip_numbers(len(owners))
    created = [
        _letter(name, owner, slip, by, works_from, school_class)
        for owner, slip in zip(owners, slips, strict=True)
    ]
    InvitationLetter.objects.bulk_create([letter for letter, _ in created])
    _record(name, [letter for letter, _ in created], by)
    return created


def _letter(name, owner, slip, by, works_from, school_class):
    is_child = name == "student"
    of_class = owner.home_class_id if is_child else school_class and school_class.pk
    letter = InvitationLetter(
        **{name: owner}, municipality_id=owner.municipality_id, school_class_id=of_class,
        slip_number=slip, works_from=works_from, issued_at=clock.now(), issued_by=by,
        expires_at=expiry_of(works_from, CHILD_LETTER_LIFETIME if is_child else GUARDIAN_LETTER_LIFETIME),
    )  # fmt: skip
    code = codes.generate_code(codes.LETTER_LENGTH)
    seal_code(letter, code)
    return letter, code


@across_municipalities
def new_slip_numbers(count: int) -> list[str]:
    """Slip numbers that no letter has, in any city."""
    found: set[str] = set()
    while len(found) < count:
        found |= {codes.generate_code(codes.SLIP_LENGTH) for _ in range(count - len(found))}
        used = InvitationLetter.objects.filter(slip_number__in=found)
        found -= set(used.values_list("slip_number", flat=True))
    return list(found)


def _record(name, letters, by):
    events = []
    children = _children(name, letters)
    for letter in letters:
        role = acting_role(by, children.get(letter.pk, []))
        events += [
            {
                "action": Action.INVITATION_ISSUED, "actor": by, "role": role, "thing": letter,
                "municipality_id": letter.municipality_id, "subject_id": student.pk,
            }
            for student in children.get(letter.pk, [])
        ]  # fmt: skip
    record_many(events)


def _children(name, letters):
    """{letter id: its students}."""
    if name == "student":
        return {letter.pk: [letter.student] for letter in letters}
    of_guardian = {letter.guardian_id: letter.pk for letter in letters}
    guardianships = Guardianship.objects.current().filter(guardian__in=of_guardian)
    found: dict = {}
    for guardianship in guardianships.select_related("student"):
        found.setdefault(of_guardian[guardianship.guardian_id], []).append(guardianship.student)
    return found


def acting_role(by: User | None, children: list[Student]) -> str:
    """The role in which ``by`` acts towards this child, not its siblings elsewhere."""
    if by is None:
        return "system"
    in_care = [student for student in children if has_post_for(by, student)]
    return role_of(by, *in_care[:1])
