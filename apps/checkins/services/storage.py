"""Stores encrypted answers and their audit rows, any number in one statement."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from apps.audit.models import Action
from apps.audit.services.audit_events import recording_sql
from apps.checkins.models import PURPOSE_NUMBERS, CheckIn
from apps.checkins.talk_answers import wants_to_talk_today
from apps.consent.models import Purpose
from apps.core import clock
from apps.core.sql_batches import fetch_prepared
from apps.vault.data_keys import DataKey

PURPOSE = Purpose.CHECKIN_REVIEW
SIGN_TASK = "cases.sweep"  # reads such an answer without waiting for its time
MAX_BODIES_PER_FORM = 20  # check-ins of one form (open in several tabs)


class CannotSubmitCheckIn(Exception):
    """The answers cannot be accepted; the message is shown to the student."""


class CheckInNotOffered(CannotSubmitCheckIn):
    """Consent is missing or withdrawn: nothing was stored."""

    def __init__(self):
        super().__init__(_("いまはチェックインを使えません。"))


class SubmissionMustWait(CannotSubmitCheckIn):
    """The key is paused or damaged: nothing was stored, but the answers may be sent again."""

    def __init__(self):
        super().__init__(_("いまは受け取ることができません。あとでもう一度送ってください。"))


@dataclass(frozen=True, slots=True)
class CheckedSubmission:
    """One form's validated answers, and the key under which to store them.

    ``apart``: free text that is stored apart from the check-in (services.withheld_words);
    ``keeps_out``: because the student keeps somebody out of it.
    """

    key: DataKey
    question_set_id: uuid.UUID
    client_key: uuid.UUID
    clean: dict
    answered_on: date
    user_id: uuid.UUID
    id: uuid.UUID = field(default_factory=uuid7)
    apart: dict | None = None
    keeps_out: bool = False

    @property
    def digest(self):
        """A digest of the body, keyed with the student's own key (8 bytes: it is only compared)."""
        return self.key.digest(_encoded([str(self.question_set_id), self.clean]))[:8]

    @property
    def sealed(self):
        return self.key.sealed(CheckIn, self.id, self.clean)


_encoded = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def insert_submissions(answers, received_at, *, is_conflict=False):
    """[(is its key in use, is it new)] of CheckedSubmissions, in order; one statement.

    It locks the keys FOR SHARE before it writes: a withdrawal waits for it, and what
    comes after a withdrawal finds no key and writes nothing. Forms and bodies that exist
    already are skipped. All insert in one order, so that two with the same rows do not
    deadlock. Raises DatabaseError: then nothing was stored.
    """
    parameters = {
        "ids": [each.id for each in answers],
        "keys": [each.key.id for each in answers],
        "sets": [each.question_set_id for each in answers],
        "forms": [each.client_key for each in answers],
        "digests": [each.digest for each in answers],
        "sealed": [each.sealed for each in answers],
        "days": [each.answered_on for each in answers],
        "users": [each.user_id for each in answers],
        "at": received_at,
        "is_conflict": is_conflict,
    }
    if not connection.in_atomic_block:
        stored = fetch_prepared(_INSERT, parameters)
    else:
        with transaction.atomic():  # a savepoint: the caller's transaction survives an error
            stored = fetch_prepared(_INSERT, parameters)
    if any(
        is_new and wants_to_talk_today(a.clean)
        for a, (_, is_new) in zip(answers, stored, strict=True)
    ):
        clock.wake_worker(SIGN_TASK)
    return stored


_RECORD = recording_sql(
    "(SELECT %(at)s::timestamptz AS at, n.municipality_id, b.user_id AS actor_id,"
    " n.student_id AS subject_id, n.id AS thing_id FROM new n JOIN sent b USING (id)"
    " ORDER BY b.place) created",
    action=Action.CHECKIN_SUBMITTED, role="student", thing=CheckIn, purpose=PURPOSE.value,
)  # fmt: skip
_INSERT = f"""
    WITH sent AS MATERIALIZED (
        SELECT * FROM unnest(
            %(ids)b::uuid[], %(keys)b::uuid[], %(sets)b::uuid[], %(forms)b::uuid[],
            %(digests)b::bytea[], %(sealed)b::bytea[], %(days)b::date[], %(users)b::uuid[]
        ) WITH ORDINALITY AS one (
            id, key_id, question_set_id, client_key, body_digest, sealed, answered_on, user_id, place
        )
    ), held AS MATERIALIZED (
        SELECT id, municipality_id, student_id FROM vault_subjectkey
        WHERE id = ANY(%(keys)b::uuid[]) AND paused_at IS NULL ORDER BY id FOR SHARE
    ), new AS (
        INSERT INTO checkins_checkin (
            id, municipality_id, student_id, purpose, key_id, sealed, question_set_id, client_key,
            body_digest, is_conflict, answered_on, received_at, seen_role
        )
        SELECT b.id, h.municipality_id, h.student_id, {PURPOSE_NUMBERS[PURPOSE]}, h.id, b.sealed, b.question_set_id,
            b.client_key, b.body_digest, %(is_conflict)s, b.answered_on, %(at)s, ''
        FROM sent b JOIN held h ON h.id = b.key_id ORDER BY b.client_key, b.place
        ON CONFLICT DO NOTHING RETURNING id, municipality_id, student_id
    ), audited AS ({_RECORD})
    SELECT h.id IS NOT NULL, n.id IS NOT NULL
    FROM sent b LEFT JOIN held h ON h.id = b.key_id LEFT JOIN new n ON n.id = b.id
    ORDER BY b.place
"""  # noqa: S608 - constants only


def find_or_flag_conflict(answer, received_at):
    """The id of the stored check-in with this body, for a form that was stored before.

    The same body is found, another one is stored and flagged. Raises CannotSubmitCheckIn where one
    form has sent too many, CheckInNotOffered where its key was destroyed meanwhile.
    """
    of_form = {"student": answer.key.student_id, "client_key": answer.client_key}
    bodies = CheckIn.objects.filter(**of_form)
    same = bodies.filter(body_digest=answer.digest).values_list("pk", flat=True)
    if found := same.first():
        return found
    if bodies.count() >= MAX_BODIES_PER_FORM:
        raise CannotSubmitCheckIn(_("このページからはもう送れません。"))
    ((is_held, is_new),) = insert_submissions([answer], received_at, is_conflict=True)
    if not is_held:
        raise CheckInNotOffered
    return answer.id if is_new else same.get()
