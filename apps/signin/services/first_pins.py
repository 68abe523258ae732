"""First PINs: a member of staff confirms that the student, not another card holder, chose the PIN.

Until then the student can send what they like, but agrees to nothing and cancels nothing; a
withdrawal stops what it ends and destroys nothing, as after a reset
(apps.signin.services.pin_resets).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record, record_many
from apps.core import clock
from apps.people.models import SchoolClass, Student, User
from apps.people.permissions import may, role_of, students_where
from apps.people.services.act_counts import live_counts_by_id
from apps.people.services.act_witnesses import why_card_handler
from apps.people.services.credential_holders import students_of_handled_credentials
from apps.people.services.person_accounts import accounts_of_person
from apps.push.services.broadcasts import send_to_users
from apps.signin.models import PinEvent, PinEventKind

VERB, RESET = "pins.confirm", "pin.reset"
SHOWN_FOR = timedelta(days=30)  # on the student's first page
MESSAGE_LIFETIME = timedelta(days=1)
CHANGED_MEANWHILE = "この画面を開いたあとに変わりました。いまの一覧を見てください。"


@dataclass(frozen=True)
class FirstPin:
    """One student of a class whose first PIN is unconfirmed.

    ``n_ended`` is how many purposes the student has withdrawn meanwhile: data kept under them is
    destroyed by the confirmation. ``why_not`` is why this person cannot confirm.
    """

    student: Student
    n_ended: int
    why_not: str

    @property
    def page_token(self) -> str:
        """A short token of what the page shows."""
        facts = (str(self.student.pk), self.student.pin_chosen_at.isoformat(), self.n_ended)
        return sha256(repr(facts).encode()).hexdigest()[:16]

    @property
    def tick(self) -> str:
        """The student's id and the token, as a form field carries them."""
        return f"{self.student.pk}.{self.page_token}"


@dataclass
class PinConfirmations:
    """The students whose PIN was confirmed, and [(student, why not)] for the others."""

    done: list[Student] = field(default_factory=list)
    refused: list[tuple[Student, str]] = field(default_factory=list)


def record_first_pin(student: Student, at: datetime) -> None:
    """Record that a locked student has chosen a first PIN; saved in the caller's transaction."""
    student.pin_chosen_at = at
    if not student.has_unconfirmed_pin:
        student.pin_reset_at, student.pin_reset_by = at, None
        student.pin_reset_confirmed_at = None
        PinEvent.objects.create(
            municipality_id=student.municipality_id, student=student, kind=PinEventKind.FIRST, at=at
        )
    student.save(
        update_fields=["pin_chosen_at", "pin_reset_at", "pin_reset_by", "pin_reset_confirmed_at"]
    )


def record_pin_change(student: Student) -> None:
    """Record that a locked student has changed the PIN; their devices are notified."""
    event = PinEvent.objects.create(
        municipality_id=student.municipality_id, student=student, kind=PinEventKind.CHANGED,
        at=clock.now(),
    )  # fmt: skip
    record(
        Action.PIN_CHANGED, actor=student.user, role="student", thing=event,
        municipality_id=student.municipality_id, subject_id=student.pk,
        audience=Audience.PROTECTIVE,
    )  # fmt: skip
    send_to_users(
        [student.user_id], topic=event.pk.hex, path=reverse("portal:home"),
        expires_at=clock.now() + MESSAGE_LIFETIME, municipality_id=student.municipality_id,
    )  # fmt: skip


def first_pins_of(user: User, of_class: SchoolClass) -> list[FirstPin]:
    """The unconfirmed first PINs of a class in class order, with whether this person may confirm."""
    known = _waiting(user).filter(home_class=of_class)
    return _as_first_pins(known.order_by("attendance_number", "pk"), user)


def classes_with_first_pins(user: User):
    """The classes with first PINs that this person may confirm, with ``n_waiting`` (a queryset)."""
    waiting = _waiting(user).filter(home_class=OuterRef("pk")).order_by()
    n_waiting = waiting.values("home_class").annotate(n=Count("pk")).values("n")
    classes = SchoolClass.objects.annotate(n_waiting=Subquery(n_waiting))
    return classes.filter(n_waiting__gt=0).select_related("school")


def count_first_pins(user: User) -> int:
    """How many first PINs wait for this person."""
    return _waiting(user).count() if may(user, VERB) else 0


@transaction.atomic
def confirm_first_pins(ticks: Iterable[str], *, by: User) -> PinConfirmations:
    """Confirm that each of these students chose the PIN; each one independently.

    ``ticks`` are those of FirstPin. A student already confirmed by the same person is skipped, so
    that a repeated form confirms once. Others are refused, by name.
    """
    page_token = {pk: shown for pk, _, shown in (tick.partition(".") for tick in ticks)}
    students = Student.objects.enrolled().filter(
        students_where(by, VERB), pk__in=[pk for pk in map(_as_id, page_token) if pk]
    )
    locked = students.order_by("pk").select_for_update(of=("self",), no_key=True)
    result, confirmed = PinConfirmations(), _confirmed_by(by, students)
    for each in _as_first_pins(locked, by):
        if each.student.pk in confirmed and not each.student.has_unconfirmed_first_pin:
            continue
        if why := each.why_not or _why_changed(each, page_token):
            result.refused.append((each.student, why))
        else:
            result.done.append(each.student)
    if result.done:
        _note_confirmed(result.done, by)
        clock.wake_worker("consent.reconcile_all")
    return result


def recent_pin_events(student: Student) -> list[PinEvent]:
    """The student's PIN events of the last thirty days: the newest of each kind.

    Once a first PIN is confirmed, choosing it is not shown any more.
    """
    rows = PinEvent.objects.filter(student=student, at__gt=clock.now() - SHOWN_FOR).order_by("at")
    newest = {row.kind: row for row in rows}
    if PinEventKind.CONFIRMED in newest:
        newest.pop(PinEventKind.FIRST, None)
    return sorted(newest.values(), key=lambda row: row.at, reverse=True)


# -- helpers -----------------------------------------------------------------------------------


def _waiting(user):
    """The students with an unproved first PIN whom a post of this person reaches with the verb."""
    return Student.objects.enrolled().filter(
        students_where(user, VERB), pin_reset_at__isnull=False, pin_reset_confirmed_at=None,
        pin_reset_by=None, pin_chosen_at__isnull=False,
    )  # fmt: skip


def _as_first_pins(students, user):
    students = list(students)
    ids = [student.pk for student in students]
    counts, had = (
        live_counts_by_id(RESET, ids),
        students_of_handled_credentials(ids, accounts_of_person(user)),
    )
    return [
        FirstPin(each, counts[str(each.pk)]["ended"], why_card_handler(RESET, each, user, had))
        for each in students
    ]


def _why_changed(first_pin, page_token):
    """Why what the page showed differs from what would be confirmed now; "" where it does not."""
    is_same = first_pin.student.has_unconfirmed_first_pin
    is_same = is_same and page_token.get(str(first_pin.student.pk)) == first_pin.page_token
    return "" if is_same else CHANGED_MEANWHILE


def _confirmed_by(user, students):
    """The ids of those students whose PIN this person has confirmed."""
    rows = PinEvent.objects.filter(
        kind=PinEventKind.CONFIRMED, confirmed_by__in=accounts_of_person(user)
    )
    return set(rows.filter(student__in=students).values_list("student_id", flat=True))


def _note_confirmed(students, by):
    now, events = clock.now(), []
    for student in students:
        student.pin_reset_confirmed_at = now
        events.append(
            PinEvent(
                municipality_id=student.municipality_id, student=student, at=now,
                kind=PinEventKind.CONFIRMED, confirmed_by=by,
                confirmed_role=role_of(by, student, VERB),
            )
        )  # fmt: skip
    Student.objects.bulk_update(students, ["pin_reset_confirmed_at"])
    PinEvent.objects.bulk_create(events)
    record_many(
        {
            "action": Action.PIN_CONFIRMED, "actor": by, "role": event.confirmed_role,
            "municipality_id": event.municipality_id, "subject_id": event.student_id,
            "thing": event, "audience": Audience.PROTECTIVE,
        }
        for event in events
    )  # fmt: skip


def _as_id(text):
    try:
        return UUID(text)
    except ValueError:
        return None
