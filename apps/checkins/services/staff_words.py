"""A short word of staff on a check-in: sent once, read by the student after the PIN.

Guardians and colleagues never see it. Whom the student keeps out finds what others find, and the
student finds nothing of theirs.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.checkins.models import CheckIn
from apps.checkins.services.storage import PURPOSE
from apps.checkins.staff_word_models import StaffWord
from apps.checkins.withheld_models import WordsExclusion
from apps.core import clock
from apps.core.text import is_blank
from apps.people.models import Student, User
from apps.people.permissions import is_emergency_access, may_open, role_of
from apps.people.services.person_accounts import accounts_of_person
from apps.vault.services.keys import NoKey, key_for_writing
from apps.vault.services.sealed_content import open_own, open_sealed

WORDS_LIMIT = 100
SHOWN_DAYS = 14
OpenedWords = list[tuple[StaffWord, Any]]  # [(StaffWord, content)]


class CannotSendWord(Exception):
    """It is not sent, or not taken back; the message is a sentence for staff."""


def may_send(check_in: CheckIn, user: User) -> bool:
    """Whether this person may read the check-in by a post; emergency access is for reading alone."""
    return (
        CheckIn.objects.filter(pk=check_in.pk).visible_to(user).exists()
        and may_open(user, check_in.student, PURPOSE)
        and not is_emergency_access(user, check_in.student)
    )


@transaction.atomic
def send_word(check_in: CheckIn, *, actor: User, words: str, form_key: UUID) -> StaffWord:
    """Store the word; the same form twice is one, and so is a second one on the same check-in.

    No push message tells of it: who holds the phone would learn that one came. Raises
    PermissionDenied, CannotSendWord.
    """
    check_in = CheckIn.objects.select_for_update(of=["self"]).get(pk=check_in.pk)
    student = check_in.student
    if not may_send(check_in, actor):
        raise PermissionDenied(_("このチェックインを読む立場ではありません。"))
    own = StaffWord.objects.filter(check_in_id=check_in.pk, written_by=actor)
    if earlier := own.filter(form_key=form_key).first():
        return earlier
    words = _checked(words)
    if StaffWord.objects.filter(written_by=actor, form_key=form_key).exists():
        raise CannotSendWord(_("画面が古くなりました。もう一度開いてください。"))
    if own.sent().exists():
        raise CannotSendWord(_("この日の答えには、もうひとことを送りました。"))
    row = StaffWord(
        municipality_id=student.municipality_id, check_in_id=check_in.pk, written_by=actor,
        written_role=role_of(actor, student, "checkins.view"), written_at=clock.now(),
        answered_on=check_in.answered_on, form_key=form_key,
        is_withheld=_is_kept_out(student, actor),
    )  # fmt: skip
    try:
        key_for_writing(student.pk, PURPOSE).seal(row, {"words": words}).save(force_insert=True)
    except NoKey as error:
        raise CannotSendWord(
            _("いまは送れません。同意が取り下げられたか、止まっています。")
        ) from error
    _record(Action.WORD_SENT, row, actor)
    return row


@transaction.atomic
def retract_word(row: StaffWord, *, actor: User) -> StaffWord:
    """Take it back while the student has not read it; twice is once. Raises CannotSendWord."""
    row = StaffWord.objects.select_for_update(of=["self"]).get(pk=row.pk)
    if row.written_by_id != actor.pk:
        raise PermissionDenied(_("ほかの人のひとことです。"))
    if row.retracted_at is not None:
        return row
    if row.read_at is not None:
        raise CannotSendWord(_("生徒がもう読んだので、取り消せません。"))
    row.retracted_at = clock.now()
    row.save(update_fields=["retracted_at"])
    _record(Action.WORD_RETRACTED, row, actor)
    return row


def own_word(check_in: CheckIn, *, actor: User, reason: str) -> tuple[StaffWord, Any] | None:
    """(StaffWord, content) that this person sent on the check-in, or None."""
    rows = StaffWord.objects.sent().filter(check_in_id=check_in.pk, written_by=actor)
    row = rows.select_related("student").first()
    if row is None:
        return None
    (content,) = open_sealed([row], actor=actor, reason=reason)
    return row, content


# -- the student ----------------------------------------------------------------------------------


def has_unread(student: Student) -> bool:
    """Whether something waits; only for pages behind the PIN."""
    return _shown(student).filter(read_at=None).exists()


@transaction.atomic
def read_words(student: Student) -> OpenedWords:
    """[(StaffWord, content)] of the last two weeks, newest first; they are read from now on.

    So are those that the student never finds: their writers must not notice it by that.
    """
    found = _opened(_shown(student), student)
    waiting = _of_open(StaffWord.objects.sent().of_days_shown(student, _first_day()), student)
    waiting.readable().filter(read_at=None).update(read_at=clock.now())
    return found


def words_of(student: Student, limit: int | None = None) -> tuple[OpenedWords, int]:
    """What the student may read, newest first, at most ``limit`` of them; and of how many."""
    rows = _of_open(StaffWord.objects.for_student(student), student).readable()
    found = _opened(rows, student, limit)
    return found, len(found) if limit is None else rows.count()


def _opened(rows: Any, student: Student, limit: int | None = None) -> OpenedWords:
    found = list(rows.readable().order_by("-written_at")[:limit])
    return list(zip(found, open_own(found, student=student), strict=True))


def _shown(student: Student) -> Any:
    found = StaffWord.objects.for_student(student).filter(answered_on__gte=_first_day())
    return _of_open(found, student)


def _of_open(rows: Any, student: Student) -> Any:
    """Of these words those on check-ins that whoever holds the PIN may see."""
    if student.closed_before is None:
        return rows
    seen = CheckIn.objects.filter(student=student).open_to_student(student)
    return rows.filter(check_in_id__in=seen.values("pk"))


def _first_day() -> date:
    return clock.today() - timedelta(SHOWN_DAYS - 1)


# -- helpers --------------------------------------------------------------------------------------


def _is_kept_out(student: Student, actor: User) -> bool:
    accounts = accounts_of_person(actor)
    running = WordsExclusion.objects.filter(student=student, person__in=accounts, ended_at=None)
    return running.exists()


def _checked(words: str) -> str:
    words = (words or "").replace("\r\n", "\n").strip()
    if is_blank(words):
        raise CannotSendWord(_("ひとことを書いてください。"))
    if len(words) > WORDS_LIMIT:
        raise CannotSendWord(_("%(limit)s字までで書いてください。") % {"limit": WORDS_LIMIT})
    return words


def _record(action: Action, row: StaffWord, actor: User) -> None:
    record_about(
        row, action, actor=actor, role=row.written_role, purpose=PURPOSE,
        audience=Audience.PROTECTIVE,
    )  # fmt: skip
