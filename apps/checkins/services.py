"""Asking, keeping and showing a student's own short answers."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record, record_many
from apps.checkins.models import CheckIn, Choice, Question, QuestionKind, QuestionSet
from apps.checkins.wording import SHIPPED
from apps.consent.models import Purpose
from apps.consent.services import is_effective, oldest_kept_of
from apps.core.clock import today
from apps.vault.services import NoKey, open_own, open_sealed, writing_key

PURPOSE = Purpose.CHECKIN_REVIEW
TEXT_LIMIT = 200
SWEEP_AT_ONCE = 1000


class CannotSubmit(Exception):
    """The answers cannot be taken; the message is a sentence for the student."""


class NotOffered(CannotSubmit):
    """Not everybody has agreed (any more): nothing was stored."""


@dataclass(frozen=True)
class OwnDay:
    """What a student answered on one day: {question code: value or text}."""

    on: date
    version: int
    answers: dict


# -- the questions ------------------------------------------------------------------------------


@transaction.atomic
def install_questions():
    """Publish the shipped sets of questions where they are missing; returns how many were."""
    made = [_install(wording) for wording in SHIPPED if not _is_installed(wording)]
    return len(made)


def current_set(code="daily"):
    """The published QuestionSet in use, its questions and choices at hand, or None."""
    found = QuestionSet.objects.current().filter(code=code).values_list("pk", flat=True).first()
    return found and published_set(found)


@lru_cache(maxsize=32)
def published_set(pk):
    """A published version by id, questions and choices at hand. Raises QuestionSet.DoesNotExist.

    Kept in memory: a published version is followed by another, never edited. A form that was
    open while the next version came is still read against the version it showed.
    """
    return (
        QuestionSet.objects.exclude(published_at=None)
        .prefetch_related("questions__choices")
        .get(pk=pk)
    )


def is_offered(student):
    """Whether everybody has agreed that this student's check-ins are read (the key is the truth)."""
    return is_effective(student, PURPOSE)


def answered_today(student):
    """Whether a check-in of today is kept that can still be read."""
    return CheckIn.objects.of_day(student, today()).readable().exists()


# -- answering ----------------------------------------------------------------------------------


@transaction.atomic
def submit(*, student, question_set, answers, client_key, answered_on=None, received_at=None):
    """Seal one check-in and return it; the same form with the same answers is one check-in.

    ``answers`` is {question code: value or text}; what is absent, None or empty was skipped, and
    skipping everything is an answer too. Other answers under the same ``client_key`` (one form
    open in two tabs) are kept as a second check-in, flagged. Raises NotOffered without effective
    consent, CannotSubmit for an answer the questions do not know.
    """
    clean = clean_answers(question_set, answers)
    try:
        key = writing_key(student.pk, PURPOSE)
    except NoKey as error:
        raise NotOffered("いまは チェックインを つかえません。") from error
    row = key.seal(
        CheckIn(
            municipality_id=student.municipality_id,
            student=student,
            question_set=question_set,
            client_key=client_key,
            body_digest=key.digest(_canonical(question_set, clean)),
            answered_on=answered_on or today(),
            received_at=received_at or timezone.now(),
        ),
        clean,
    )
    return _store(row, student)


def clean_answers(question_set, answers):
    """The answers as kept: {code: int or text}, without what was skipped. Raises CannotSubmit."""
    questions = {question.code: question for question in question_set.questions.all()}
    if set(answers) - set(questions):
        raise CannotSubmit(
            "この ｜質問《しつもん》は ありません。もう｜一度《いちど》 ｜開《ひら》いて ください。"
        )
    clean = {code: _clean(questions[code], value) for code, value in answers.items()}
    return {code: value for code, value in clean.items() if value is not None}


def _clean(question, value):
    value = "" if value is None else str(value).replace("\r\n", "\n").strip()
    if not value:
        return None
    if question.kind == QuestionKind.TEXT:
        if len(value) > TEXT_LIMIT:
            raise CannotSubmit(f"{TEXT_LIMIT}｜字《じ》までで ｜書《か》いて ください。")
        return value
    for choice in question.choices.all():
        if str(choice.value) == value:
            return choice.value
    raise CannotSubmit(
        "この ｜答《こた》えは えらべません。もう｜一度《いちど》 えらんで ください。"
    )


def _canonical(question_set, answers):
    return json.dumps([str(question_set.pk), answers], ensure_ascii=False, sort_keys=True)


def _store(row, student):
    """Insert the row, or return the one that is already there. The database decides which."""
    for row.is_conflict in (False, True):
        if CheckIn.objects.insert_once(row):
            row._state.adding = False
            record(
                Action.CHECKIN_SUBMITTED,
                actor=student.user,
                role="student",
                municipality_id=row.municipality_id,
                subject_id=row.student_id,
                thing=row,
                purpose=PURPOSE,
            )
            return row
        same = CheckIn.objects.filter(
            student=student, client_key=row.client_key, body_digest=row.body_digest
        ).first()
        if same:
            return same
    raise RuntimeError("A check-in was neither stored nor found.")


# -- looking ------------------------------------------------------------------------------------


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


# -- the clock ----------------------------------------------------------------------------------


@transaction.atomic
def sweep():
    """Delete check-ins whose key was destroyed or whose time is over; returns how many.

    One AuditEvent per student.
    """
    over = CheckIn.objects.filter(_over()).order_by("pk").values_list("pk", flat=True)
    doomed = CheckIn.objects.filter(pk__in=list(over[:SWEEP_AT_ONCE]))
    counts = doomed.order_by().values("municipality_id", "student_id").annotate(n=Count("pk"))
    record_many(
        {
            "action": Action.ROWS_SWEPT,
            "municipality_id": count["municipality_id"],
            "subject_id": count["student_id"],
            "purpose": PURPOSE,
            "reason": f"チェックイン {count['n']}件",
        }
        for count in counts
    )
    deleted, _ = doomed.delete()
    return deleted


def _over():
    found = Q(pk__in=CheckIn.objects.orphaned().values("pk"))
    for municipality_id, first_day in oldest_kept_of(PURPOSE).items():
        found |= Q(municipality=municipality_id, answered_on__lt=first_day)
    return found


def _is_installed(wording):
    return QuestionSet.objects.filter(code=wording.code, version=wording.version).exists()


def _install(wording):
    made = QuestionSet.objects.create(
        code=wording.code,
        version=wording.version,
        title=wording.title,
        lead=wording.lead,
        published_at=timezone.now(),
    )
    for order, asked in enumerate(wording.questions, 1):
        question = Question.objects.create(
            question_set=made,
            order=order,
            code=asked.code,
            text=asked.text,
            hint=asked.hint,
            kind=QuestionKind.SCALE if asked.options else QuestionKind.TEXT,
        )
        Choice.objects.bulk_create(
            Choice(
                question=question,
                order=place,
                value=option.value,
                label=option.label,
                picture=option.picture,
            )
            for place, option in enumerate(asked.options, 1)
        )
    return made
