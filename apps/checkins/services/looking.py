"""Who reads answers: the student the own ones, staff with a reason that stays on record."""

from dataclasses import dataclass
from datetime import date, timedelta

from apps.checkins.models import CheckIn, QuestionKind
from apps.checkins.services.questions import published_set
from apps.core.clock import today
from apps.vault.services import open_own, open_sealed


@dataclass(frozen=True)
class OwnDay:
    """What a student answered on one day: {question code: value or text}."""

    on: date
    version: int
    answers: dict


def own_days(student, days=14, code="daily"):
    """The OwnDays of the last ``days`` days, oldest first; of several on one day the latest."""
    rows = list(
        CheckIn.objects.filter(
            student=student, question_set__code=code, answered_on__gt=today() - timedelta(days)
        )
        .select_related("question_set")
        .order_by("answered_on", "received_at")
    )
    found = {}
    for row, answers in zip(rows, open_own(rows, student=student), strict=True):
        if answers is not None:
            found[row.answered_on] = OwnDay(row.answered_on, row.question_set.version, answers)
    return list(found.values())


def just_sent(student):
    """The answers of the student's latest check-in of today, or None."""
    latest = CheckIn.objects.of_day(student, today()).order_by("-received_at")[:1]
    return next(iter(open_own(latest, student=student)), None)


def open_for(check_in, *, actor, reason):
    """[(Question, what was answered in words or None)] for staff; leaves the audit row.

    None as a whole where the key is gone. Raises PermissionDenied, ValueError without a reason.
    """
    (answers,) = open_sealed([check_in], actor=actor, reason=reason)
    if answers is None:
        return None
    questions = published_set(check_in.question_set_id).questions.all()
    return [(question, _in_words(question, answers.get(question.code))) for question in questions]


def _in_words(question, value):
    if question.kind == QuestionKind.TEXT or value is None:
        return value
    return next((c.label for c in question.choices.all() if c.value == value), None)
