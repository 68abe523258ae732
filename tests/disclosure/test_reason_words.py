"""Why an event happened is kept as a code and said in words only where it is shown."""

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import Action, AuditEvent, EventReason
from apps.audit.services.audit_events import record
from apps.disclosure.words import staff_reason_words
from apps.vault.services.sealed_content import OpeningReason


def words_of(action, **more):
    return staff_reason_words(AuditEvent(action=action, **more))


def test_every_reason_to_open_is_a_reason_of_the_record():
    assert {(r.value, r.label) for r in OpeningReason} <= {(r.value, r.label) for r in EventReason}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"action": Action.SEALED_OPENED, "reason_code": "meeting"}, "面談の準備"),
        (
            {"action": Action.SEALED_OPENED, "reason_code": "meeting", "is_emergency": True},
            "緊急: 面談の準備",
        ),
        ({"action": Action.ROWS_SWEPT, "detail": "linkage", "n_rows": 2}, "連携データ 2件"),
        ({"action": Action.SEALED_EVALUATED, "detail": "absences/3"}, "absences 第3版"),
        ({"action": Action.MAIL_FAILED, "detail": "too_late", "thing": "x"}, "too_late"),
        ({"action": Action.SIGNED_IN}, ""),
    ],
)
def test_staff_read_words_and_not_codes(event, words):
    assert words_of(**event) == words


def test_a_state_is_said_as_its_own_page_says_it():
    event = {"action": Action.CORRECTION_ASKED, "thing": "disclosure.CorrectionRequest"}
    assert words_of(**event, detail="answered") == "答えた"


@pytest.mark.parametrize(
    "row",
    [
        {"action": "something.else"},
        {"action": Action.SIGNED_IN, "reason_code": "面談の準備"},
        {"action": Action.SEALED_OPENED, "is_emergency": True},
    ],
)
def test_the_database_refuses_what_is_no_code(db, row):
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.create(actor_role="system", **row)


def test_a_sentence_is_no_reason(db):
    with pytest.raises(ValueError, match="面談の準備"):
        record(Action.SEALED_OPENED, reason_code="面談の準備")
