"""Keeping a student's answers exactly once: sealed, named by their form and their body."""

import json

from django.db import transaction
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record_many
from apps.checkins.models import CheckIn, QuestionKind
from apps.consent.models import Purpose
from apps.consent.services import is_effective
from apps.core.clock import today
from apps.vault.services import NoKey, writing_key

PURPOSE = Purpose.CHECKIN_REVIEW
TEXT_LIMIT = 200
BODIES_A_FORM = 20  # of one form open in several tabs; more is no tablet


class CannotSubmit(Exception):
    """The answers cannot be taken; the message is a sentence for the student."""


class NotOffered(CannotSubmit):
    """Not everybody has agreed (any more): nothing was stored."""


def is_offered(student):
    """Whether everybody has agreed that this student's check-ins are read (the key is the truth)."""
    return is_effective(student, PURPOSE)


def answered_today(student):
    """Whether a check-in of today is kept that can still be read."""
    return CheckIn.objects.of_day(student, today()).readable().exists()


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
    row = sealed_row(
        key,
        clean,
        municipality_id=student.municipality_id,
        question_set_id=question_set.pk,
        client_key=client_key,
        answered_on=answered_on or today(),
        received_at=received_at or timezone.now(),
    )
    (kept,) = keep([(row, student.user)])
    return kept


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


def sealed_row(key, clean, *, question_set_id, **fields):
    """A CheckIn not yet stored; its digest names the body under the student's own key."""
    body = json.dumps([str(question_set_id), clean], ensure_ascii=False, sort_keys=True)
    row = CheckIn(question_set_id=question_set_id, body_digest=key.digest(body), **fields)
    return key.seal(row, clean)


def keep(rows):
    """Store [(CheckIn, user)] in the caller's transaction; the CheckIns as kept, in that order.

    What is already there is found again instead; what was new leaves its record. The database
    decides which is which.
    """
    new = CheckIn.objects.insert_once([row for row, _ in rows])
    kept = []
    for row, _ in rows:
        if row.pk not in new:
            row, is_new = _second(row)
            new |= {row.pk} if is_new else set()
        kept.append(row)
    users = [user for _, user in rows]
    told = {row.pk: (row, user) for row, user in zip(kept, users, strict=True) if row.pk in new}
    record_many(_submitted(row, user) for row, user in told.values())
    return kept


def _second(row):
    """(the row under which this body is kept, whether it is new): its form came before."""
    bodies = CheckIn.objects.filter(student=row.student_id, client_key=row.client_key)
    same = bodies.filter(body_digest=row.body_digest)
    if found := same.first():
        return found, False
    if bodies.count() >= BODIES_A_FORM:
        raise CannotSubmit("この ページからは もう ｜送《おく》れません。")
    row.is_conflict = True
    if CheckIn.objects.insert_once([row]):
        return row, True
    return same.get(), False


def _submitted(row, user):
    return {
        "action": Action.CHECKIN_SUBMITTED,
        "actor": user,
        "role": "student",
        "municipality_id": row.municipality_id,
        "subject_id": row.student_id,
        "thing": row,
        "purpose": PURPOSE,
    }
