"""Reads submitted check-ins."""

import uuid
from dataclasses import dataclass

from apps.checkins.models import QuestionSet
from apps.checkins.services.question_sets import published_question_set
from apps.checkins.words import PAGE_TOO_OLD


class PageTooOld(Exception):
    """The form is not ours, or its question set is gone; the message is shown to the student."""


@dataclass(frozen=True)
class SubmittedForm:
    """One form as submitted: ``answers`` hold the set's own codes only, not yet validated."""

    question_set: QuestionSet
    client_key: uuid.UUID
    answers: dict


def read_submission(data):
    """The SubmittedForm of a QueryDict. Raises PageTooOld.

    No django.forms, for speed: a whole school sends this at 08:30, and the answers are validated by
    submissions.submit anyway.
    """
    try:
        question_set = published_question_set(uuid.UUID(data.get("question_set", "")))
        client_key = uuid.UUID(data.get("client_key", ""))
    except (ValueError, QuestionSet.DoesNotExist) as error:
        raise PageTooOld(str(PAGE_TOO_OLD)) from error
    codes = [question.code for question in question_set.questions.all()]
    return SubmittedForm(
        question_set, client_key, {code: data[code] for code in codes if code in data}
    )
