"""Reads submitted check-ins."""

import uuid
from dataclasses import dataclass

from apps.checkins.models import QuestionSet
from apps.checkins.services.question_sets import published_question_set
from apps.checkins.services.withheld_words import KEEPS_OUT_FIELD, KEPT_WORDS_FIELD
from apps.checkins.words import PAGE_TOO_OLD


class PageTooOld(Exception):
    """The form is not ours, or its question set is gone; the message is shown to the student."""


@dataclass(frozen=True)
class SubmittedForm:
    """One form as submitted: ``answers`` hold the set's own codes only, not yet validated.

    ``kept_fields``: what was sent about staff who are not to see the words.
    """

    question_set: QuestionSet
    client_key: uuid.UUID
    answers: dict
    kept_fields: dict


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
    answers, kept_fields = (
        {name: data[name] for name in names if name in data}
        for names in (codes, (KEEPS_OUT_FIELD, KEPT_WORDS_FIELD))
    )
    return SubmittedForm(question_set, client_key, answers, kept_fields)
