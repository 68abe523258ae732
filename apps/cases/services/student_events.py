"""Records an event about a student: what staff saw or heard, and from whom."""

from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.cases.models import EventKind, EventSource, StudentEvent
from apps.core import clock
from apps.core.clock import today
from apps.core.text import is_blank
from apps.people.models import Student, User
from apps.people.permissions import may, may_open, role_of, students_where
from apps.vault.services.keys import key_for_writing, make_key_without_store

PURPOSE = "casework"
WORDS_LIMIT = 1000
LONGEST_AGO = timedelta(days=366)
SIGN_TASK = "cases.sweep"


class CannotRecordEvent(Exception):
    """The event is refused; the message is shown to the user."""


def students_for(user: User) -> QuerySet[Student]:
    """The students about whom this person may record an event: those in their care."""
    enrolled = Student.objects.enrolled().filter(students_where(user, "cases.decide"))
    return enrolled.select_related("home_class").order_by("home_class__title", "attendance_number")


@transaction.atomic
def record_event(
    student: Student, *, actor: User, kind: str, happened_on: date, source: str, words: str,
    form_key: UUID,
) -> StudentEvent:  # fmt: skip
    """Record one event and return it; the same form twice is one. Its sign speaks at once.

    Raises PermissionDenied about a student who is not in this person's care, CannotRecordEvent for
    a day in the future or long ago, and without words.
    """
    if not may(actor, "cases.decide", student) or not may_open(actor, student, PURPOSE):
        raise PermissionDenied(_("この生徒について書く立場ではありません。"))
    kind, source = EventKind(kind), EventSource(source)
    words = _checked(words)
    if happened_on > today():
        raise CannotRecordEvent(_("まだ来ていない日は選べません。"))
    if happened_on < today() - LONGEST_AGO:
        raise CannotRecordEvent(_("1年より前のことは、ここには書けません。"))
    Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    earlier = StudentEvent.objects.filter(student=student, form_key=form_key).first()
    if earlier:
        return earlier
    make_key_without_store(student, PURPOSE)
    row = StudentEvent(
        municipality_id=student.municipality_id, form_key=form_key, recorded_by=actor,
        recorded_role=role_of(actor, student), recorded_at=clock.now(),
    )  # fmt: skip
    content = {"kind": kind.value, "on": happened_on.isoformat(), "source": source.value}
    key = key_for_writing(student.pk, PURPOSE)
    key.seal(row, {**content, "words": words}).save(force_insert=True)
    record_about(
        row, Action.EVENT_RECORDED, actor=actor, role=row.recorded_role, purpose=PURPOSE,
        audience=Audience.PROTECTIVE,
    )  # fmt: skip
    clock.wake_worker(SIGN_TASK)
    return row


def _checked(words: str) -> str:
    words = (words or "").replace("\r\n", "\n").strip()
    if is_blank(words):
        raise CannotRecordEvent(_("何があったかを書いてください。"))
    if len(words) > WORDS_LIMIT:
        raise CannotRecordEvent(_("%(limit)s字までで書いてください。") % {"limit": WORDS_LIMIT})
    return words
