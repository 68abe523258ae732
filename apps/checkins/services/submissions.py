"""Submits a check-in: validates the answers, and stores them exactly once."""

from functools import lru_cache

from django.db import transaction
from django.utils.translation import gettext as _

from apps.checkins.models import CheckIn, QuestionKind
from apps.checkins.services import withheld_words
from apps.checkins.services.storage import (
    PURPOSE,
    CannotSubmitCheckIn,
    CheckedSubmission,
    CheckInNotOffered,
    SubmissionMustWait,
    find_or_flag_conflict,
    insert_submissions,
)
from apps.consent.services.purpose_status import is_effective
from apps.core import clock
from apps.core.clock import today
from apps.people.services.outside_readers import is_offered as is_offered_to_keep_out
from apps.vault.services.key_pauses import is_paused
from apps.vault.services.keys import planned_unlocked_keys
from apps.vault.shares import StoreUnavailable

TEXT_LIMIT = 200


class CannotKeepOut(CannotSubmitCheckIn):
    """Nobody outside the school reads words any more: nothing was stored."""


def is_offered(student):
    """Whether consent for this student's check-ins is effective (that is: the key exists)."""
    return is_effective(student, PURPOSE)


def answered_today(student):
    """Whether a readable check-in of today exists."""
    return CheckIn.objects.of_day(student, today()).readable().exists()


def submit(
    *, student, question_set, answers, client_key, answered_on=None, received_at=None,
    keeps_out=withheld_words.NOBODY,
):  # fmt: skip
    """Store one check-in and return its id; the same form with the same answers is one check-in.

    ``answers`` is {question code: value or text}; absent, None or empty is skipped, and
    skipping everything is valid. Other answers under the same ``client_key`` (one form
    open in two tabs) are stored as a second, flagged check-in. Raises CheckInNotOffered without
    effective consent, SubmissionMustWait while the key is unavailable, CannotSubmitCheckIn for
    invalid answers, and where ``keeps_out`` (a KeepsOut) is asked but offered no more.
    """
    clean = clean_answers(question_set, answers)
    if keeps_out.is_asked and not is_offered_to_keep_out(student):
        raise CannotKeepOut
    try:
        key = planned_unlocked_keys([student.pk], PURPOSE).get(student.pk)
    except StoreUnavailable as error:
        raise SubmissionMustWait from error
    if key is None:
        raise _refusal(student)
    received_at = received_at or clock.now()
    answer = CheckedSubmission(
        key, question_set.pk, client_key, clean, answered_on or today(), student.user_id
    )
    (answer,) = withheld_words.set_apart([(answer, keeps_out)])
    if answer.apart is None:
        return _stored(answer, student, received_at)
    with transaction.atomic():
        check_in_id = _stored(answer, student, received_at)
        withheld_words.store(answer, check_in_id, received_at)
    return check_in_id


def _stored(answer, student, received_at):
    ((is_held, is_new),) = insert_submissions([answer], received_at)
    if not is_held:
        raise _refusal(student)
    return answer.id if is_new else find_or_flag_conflict(answer, received_at)


def _refusal(student):
    has_key = is_paused(student.pk, PURPOSE) or is_effective(student, PURPOSE)
    return SubmissionMustWait() if has_key else CheckInNotOffered()


def clean_answers(question_set, answers):
    """The answers to store: {code: int or text}, without skipped ones. Raises CannotSubmitCheckIn."""
    questions = _questions_by_code(question_set)
    if answers.keys() - questions.keys():
        raise CannotSubmitCheckIn(_("この質問はありません。もう一度開いてください。"))
    clean = {code: _clean(questions[code], value) for code, value in answers.items()}
    return {code: value for code, value in clean.items() if value is not None}


@lru_cache(maxsize=32)
def _questions_by_code(question_set):
    """{code: {form value: stored value}, or None for a text question} of a set."""
    return {
        question.code: None
        if question.kind == QuestionKind.TEXT
        else {str(choice.value): choice.value for choice in question.choices.all()}
        for question in question_set.questions.all()
    }


def _clean(options, value):
    value = "" if value is None else str(value).replace("\r\n", "\n").strip()
    if not value:
        return None
    if options is None and len(value) > TEXT_LIMIT:
        raise CannotSubmitCheckIn(_("%(limit)s字までで書いてください。") % {"limit": TEXT_LIMIT})
    if options is not None and value not in options:
        raise CannotSubmitCheckIn(_("この答えはえらべません。もう一度えらんでください。"))
    return value if options is None else options[value]
