"""Reads answers: a student's own, or for staff with a recorded reason."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from apps.checkins.models import CheckIn, CheckInSettings, QuestionKind
from apps.checkins.services import withheld_words
from apps.checkins.services.question_sets import published_question_set
from apps.core import clock
from apps.core.clock import today
from apps.people.models import Role
from apps.people.permissions import role_of
from apps.vault.damage import is_unreadable
from apps.vault.services.sealed_content import PROTECTIVE_REASONS, open_own, open_sealed

JUST_SENT_WINDOW = timedelta(minutes=2)


@dataclass(frozen=True)
class OwnDay:
    """What a student answered on one day: {question code: value or text}.

    ``is_damaged``: it cannot be decrypted, and ``answers`` is empty.
    """

    on: date
    version: int
    answers: dict
    is_damaged: bool = False


@dataclass(frozen=True)
class SentAnswers:
    """What a form just sent says, and the highest value of each of its questions with choices."""

    answers: dict
    tops: dict


def own_days(student, days=14, code="daily"):
    """The OwnDays of the last ``days`` days, oldest first; the latest check-in of each day."""
    rows = list(
        CheckIn.objects.filter(
            student=student, question_set__code=code, answered_on__gt=today() - timedelta(days)
        )
        .select_related("question_set")
        .order_by("answered_on", "received_at")
    )
    rows = [row for row in rows if student.is_open_to(row.received_at, row.answered_on)]
    return days_from_opened(zip(rows, open_own(rows, student=student), strict=True))


def days_from_opened(opened):
    """The OwnDays of [(CheckIn, answers)]; the latest readable check-in of each day."""
    found = {}
    for row, answers in opened:
        on, version = row.answered_on, row.question_set.version
        if is_unreadable(answers):
            found.setdefault(on, OwnDay(on, version, {}, is_damaged=True))
        elif answers is not None:
            found[on] = OwnDay(on, version, answers)
    return list(found.values())


def just_sent(student, client_key):
    """The SentAnswers of this form within two minutes of sending; without any later, or if damaged."""
    latest = (
        CheckIn.objects.of_day(student, today())
        .filter(client_key=client_key, received_at__gt=clock.now() - JUST_SENT_WINDOW)
        .select_related("question_set")
        .prefetch_related("question_set__questions__choices")
    )
    latest = [
        row
        for row in latest.order_by("-received_at")[:1]
        if student.is_open_to(row.received_at, row.answered_on)
    ]
    answers = next(iter(open_own(latest, student=student)), None)
    if answers is None or is_unreadable(answers):
        return SentAnswers({}, {})
    return SentAnswers(answers, _highest_values(latest[0].question_set))


def _highest_values(question_set):
    values = {q.code: [c.value for c in q.choices.all()] for q in question_set.questions.all()}
    return {code: max(each) for code, each in values.items() if each}


def open_for_staff(check_in, *, actor, reason):
    """[(Question, answer in words or None)] for staff; leaves the audit row.

    None where the key is gone, DAMAGED where it cannot be decrypted. Raises PermissionDenied,
    ValueError without a reason.
    """
    ((_, answers),) = open_many([check_in], actor=actor, reason=reason)
    return (
        answers
        if answers is None or is_unreadable(answers)
        else answers_in_words(check_in, answers)
    )


@transaction.atomic
def open_many(check_ins, *, actor, reason):
    """[(CheckIn, answers, None or DAMAGED)] for staff: one audit row per student, who may be shown
    it.

    Raises PermissionDenied unless the actor may open every one, ValueError without a reason.
    """
    rows = list(check_ins)
    found = open_sealed(rows, actor=actor, reason=reason)
    found = withheld_words.with_words(rows, found, actor=actor, reason=reason)
    if reason not in PROTECTIVE_REASONS:
        _note_seen(
            [row for row, answers in zip(rows, found, strict=True) if _is_read(answers)], actor
        )
    return list(zip(rows, found, strict=True))


def _is_read(answers):
    return answers is not None and not is_unreadable(answers)


def answers_in_words(check_in, answers):
    """[(Question, answer in words or None)] of decrypted answers."""
    questions = published_question_set(check_in.question_set_id).questions.all()
    return [(question, _in_words(question, answers.get(question.code))) for question in questions]


def _note_seen(rows, actor):
    """Store which role first opened them, whether or not the school shows it to students."""
    roles = {row.student_id: role_of(actor, row.student) for row in rows}
    for role in set(roles.values()) & set(Role.values):
        ids = [row.pk for row in rows if roles[row.student_id] == role]
        unseen = CheckIn.objects.filter(pk__in=ids, seen_at=None)
        unseen.update(seen_at=clock.now(), seen_role=role)


def first_views_of(student, days=14):
    """[(day, role)] of the student's answers that staff have opened, newest first.

    Empty where the school does not show it.
    """
    if not CheckInSettings.objects.filter(school=student.school_id, tells_when_seen=True).exists():
        return []
    own_checkins = CheckIn.objects.filter(
        student=student, answered_on__gt=today() - timedelta(days)
    )
    seen = own_checkins.exclude(seen_at=None).readable().order_by("-answered_on", "-received_at")
    return list(dict(seen.values_list("answered_on", "seen_role")).items())


def _in_words(question, value):
    if question.kind == QuestionKind.TEXT or value is None:
        return value
    return next((c.label for c in question.choices.all() if c.value == value), None)
