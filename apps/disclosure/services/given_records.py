"""The complete record of who looked, which the privacy officer gives to the student on request.

From 16 or on leaving. Nothing of protective cases, nor what others reported (``complete_entries``).
"""

from uuid import UUID

from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience, AuditEvent
from apps.audit.services.audit_events import record
from apps.consent.pages import exact_moment_words
from apps.consent.words import PURPOSE_NAMES, STUDENT, role_name
from apps.core.clock import today
from apps.core.templatetags.japanese import plain
from apps.disclosure.services.access_log import complete_entries
from apps.disclosure.words import staff_reason_words
from apps.people.models import Student, User
from apps.people.permissions import municipalities_where, not_own_family

GIVEN_FROM_AGE = 16
VERB = "audit.view"


class CannotGiveRecord(Exception):
    """The record is not given; the message is a sentence for the privacy officer."""


def give_record(number: str, *, by: User, is_identified: bool) -> str:
    """The complete record about a student as lines of text; giving it is recorded.

    ``number`` is the student's number in the record. ``is_identified``: the student asked, and the
    officer has checked who it is. Raises CannotGiveRecord.
    """
    student = _student(number, by)
    if student is None:
        raise CannotGiveRecord(_("その番号の生徒は、あなたの自治体にいません。"))
    since = student.reaches_age_on(GIVEN_FROM_AGE)
    if student.is_enrolled and (since is None or since > today()):
        raise CannotGiveRecord(
            _("まだ渡せません。渡せるのは、本人が%(age)s歳になってからか、学校を出たあとです。")
            % {"age": GIVEN_FROM_AGE}
        )
    if not is_identified:
        raise CannotGiveRecord(_("本人からたのまれたことと、本人であることを、確かめてください。"))
    record(
        Action.DATA_TAKEN, actor=by, role="privacy", municipality_id=student.municipality_id,
        subject_id=student.pk, audience=Audience.OFFICE,
    )  # fmt: skip
    return "\n".join(map(_line, complete_entries(student).iterator(chunk_size=500))) + "\n"


def _student(number: str, by: User) -> Student | None:
    try:
        pk = UUID(number.strip())
    except ValueError:
        return None
    known = Student.objects.filter(
        not_own_family(by), municipality__in=municipalities_where(by, VERB)
    )
    return known.filter(pk=pk).first()


def _line(event: AuditEvent) -> str:
    named = PURPOSE_NAMES.get(event.purpose)
    parts = [
        exact_moment_words(event.at),
        role_name(event.actor_role, STUDENT),
        event.get_action_display(),
        f"「{named}」" if named else "",
        staff_reason_words(event),
    ]
    return plain(" ".join(str(part) for part in parts if part))
