"""Loads what a check-in form needs in one query: questions, key, and whether today is answered."""

from dataclasses import dataclass
from uuid import UUID

from apps.checkins.models import QuestionSet
from apps.checkins.services.question_sets import published_question_set
from apps.checkins.services.storage import PURPOSE
from apps.core.clock import today
from apps.core.sql_batches import fetch_prepared


@dataclass(frozen=True)
class FormContext:
    """Context of a form. ``key_id`` is None while nothing may be stored, ``question_set`` where
    nothing is asked.

    ``again``: this set (in any version) was already answered today.
    """

    key_id: UUID | None
    question_set: QuestionSet | None
    again: bool = False


def load_form_context(student, code):
    """The FormContext of a set for a student, in one query: a whole class opens it at once."""
    parameters = {
        "student": student.pk,
        "city": student.municipality_id,
        "purpose": PURPOSE.value,
        "code": code,
        "day": today(),
    }
    ((key_id, set_id, again),) = fetch_prepared(_FORM_CONTEXT_SQL, parameters)
    return FormContext(key_id, set_id and published_question_set(set_id), again)


# Chooses the set as question_sets.current_question_set does: a city's own, if it has any.
_FORM_CONTEXT_SQL = """
    SELECT
        (SELECT id FROM vault_subjectkey WHERE student_id = %(student)s AND purpose = %(purpose)s
         AND paused_at IS NULL),
        (SELECT q.id FROM checkins_questionset q
         WHERE q.code = %(code)s AND q.published_at IS NOT NULL AND q.retired_at IS NULL
         AND q.municipality_id IS NOT DISTINCT FROM (
             SELECT o.municipality_id FROM checkins_questionset o
             WHERE o.code = %(code)s AND o.municipality_id = %(city)s
             AND o.published_at IS NOT NULL LIMIT 1
         )),
        EXISTS (
            SELECT 1 FROM checkins_checkin c
            JOIN vault_subjectkey k ON k.id = c.key_id AND k.paused_at IS NULL
            JOIN checkins_questionset q ON q.id = c.question_set_id
            WHERE c.student_id = %(student)s AND c.answered_on = %(day)s AND q.code = %(code)s
        )
"""
