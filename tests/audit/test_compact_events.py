"""Events are stored in few bytes, and say the same."""

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit import event_codes
from apps.audit.models import Action, Audience, AuditEvent
from apps.audit.models.audit_events import NEWEST_FIRST, month_of
from apps.audit.services.audit_events import record
from apps.cases.services.case_writing import PURPOSE as CASEWORK
from apps.cases.services.protective_cases import PURPOSE as PROTECTION
from apps.consent.models import Purpose
from apps.core import clock
from apps.disclosure.services.corrections import KEY_PURPOSE as CORRECTION
from apps.helpline.services.family_requests import PURPOSE as FAMILY
from apps.helpline.services.transitions import PURPOSE as HELPLINE
from apps.people.models import Role

NUMBERS = {
    "action": event_codes.ACTION_NUMBERS, "actor_role": event_codes.ROLE_NUMBERS,
    "purpose": event_codes.PURPOSE_NUMBERS, "audience": event_codes.AUDIENCE_NUMBERS,
}  # fmt: skip


@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
def test_no_number_means_two_codes(numbers):
    assert len(set(numbers.values())) == len(numbers)
    assert min(numbers.values()) >= 0


def test_every_code_that_is_recorded_has_a_number():
    assert set(event_codes.ACTION_NUMBERS) == set(Action.values)
    assert set(event_codes.AUDIENCE_NUMBERS) == set(Audience.values)
    purposes = {"", *Purpose.values, HELPLINE, CASEWORK, CORRECTION, PROTECTION, FAMILY}
    assert set(event_codes.PURPOSE_NUMBERS) == purposes
    assert set(Role.values) <= set(event_codes.ROLE_NUMBERS)


def test_every_role_that_the_code_names_has_a_number():
    named = {
        role
        for path in Path("apps").rglob("*.py")
        if "migrations" not in path.parts
        for role in re.findall(r"""\brole=["']([\w ]+)["']""", path.read_text())
    }
    assert {"system", "student", "guardian", "command line"} <= named
    assert named <= set(event_codes.ROLE_NUMBERS) | {"status", "alert", "img"}  # of HTML


@pytest.mark.parametrize("column", NUMBERS)
def test_the_database_itself_says_what_the_numbers_mean(db, column):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT col_description('audit_auditevent'::regclass, attnum) FROM pg_attribute "
            "WHERE attrelid = 'audit_auditevent'::regclass AND attname = %s",
            [column],
        )
        ((comment,),) = cursor.fetchall()
    for code, number in NUMBERS[column].items():
        assert f"{number} {code or '(none)'}" in comment.split("; ")


@pytest.mark.parametrize("unknown", [{"role": "nobody knows"}, {"purpose": "nobody knows"}])
def test_a_code_without_a_number_is_refused(db, unknown):
    with pytest.raises(IntegrityError), transaction.atomic():
        record(Action.SIGNED_IN, **unknown)
    assert not AuditEvent.objects.exists()


def test_an_event_is_read_as_it_was_recorded(cast):
    event = record(
        Action.RECORD_CHANGED, actor=cast.nurse.user, role="nurse", subject_id=cast.sakura.pk,
        thing=cast.sakura, purpose=Purpose.ATTENDANCE, fields=["grade"], audience=Audience.OFFICE,
    )  # fmt: skip
    stored = AuditEvent.objects.get(action=Action.RECORD_CHANGED, thing_id=str(cast.sakura.pk))
    for name in ("actor_role", "action", "purpose", "audience", "thing_id", "fields"):
        assert getattr(stored, name) == getattr(event, name), name
    assert (stored.pk, stored.month) == (event.pk, month_of(event.at))


def test_no_fields_are_an_empty_list(db):
    record(Action.SIGNED_IN)
    assert AuditEvent.objects.get().fields == []


def test_the_newest_events_of_a_person_are_found_month_by_month(cast):
    """The whole of a long record is neither read nor sorted for its newest page."""
    newest = AuditEvent.objects.about(cast.sakura.pk)[:20]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = newest.explain()
    assert "audit_subject" in plan
    assert "Presorted Key" in plan or "Incremental Sort" in plan
    assert NEWEST_FIRST == ("-month", "-at", "-id")


def test_events_since_a_time_are_found_by_month_too(cast):
    record(Action.SIGNED_IN, subject_id=cast.sakura.pk)
    about = AuditEvent.objects.about(cast.sakura.pk)
    assert about.since(clock.now() - clock.timedelta(minutes=1)).count() == 1
    assert not about.since(clock.now() + clock.timedelta(minutes=1)).exists()
