"""Families of the drill's portal, what they decide, and what can be read of them."""

import uuid

from django.contrib.sessions.models import Session
from django.db.models import Max
from django.test import Client

from apps.consent.models import DeletionCertificate, Purpose
from apps.consent.services import decisions
from apps.ledger.audit_rows import AUDIT_EVENTS
from apps.ledger.services.checkpoints import make_checkpoint
from apps.ledger.services.row_chains import chain_settled_rows
from apps.linkage.models import LinkedRecord
from apps.people.models import Municipality, SchoolClass, Student, User
from apps.vault.models import DestroyedKey
from apps.vault.services.sealed_content import open_own
from kaga_portal.backup import portal_facts
from tests import factories
from tests.vault.sealing_helpers import write

ATTENDANCE = Purpose.ATTENDANCE
COUNTED = ("people_student", "consent_consentdecision", "vault_subjectkey", "linkage_linkedrecord")


def make_family(given):
    """A student of the one class, with a guardian; the school is made with the first."""
    if not Municipality.objects.exists():
        city = factories.municipality()
        factories.programme(city)
        factories.school_class(factories.school(city))
    number = Student.objects.count() + 1
    student = factories.student(
        SchoolClass.objects.get(), given, number=number, local_code=str(1000 + number)
    )
    factories.guardian(student, given, f"drill{number}@example.com")
    return student


def agree_and_store(student):
    factories.make_effective(student, ATTENDANCE)
    write(student, ATTENDANCE, {"code": "LATE"}, name=student.pk.bytes)


def withdraw(student):
    guardian = student.guardianships.current().first().guardian.user
    decisions.withdraw(student=student, actor=guardian, purpose=ATTENDANCE, form_key=uuid.uuid4())


def sign_in(student):
    client = Client()
    client.force_login(student.user, backend="apps.signin.backends.CardBackend")


def count_sessions():
    """[the highest epoch of an account, the sessions that are stored]."""
    highest = User.objects.aggregate(highest=Max("session_epoch"))["highest"]
    return [highest, Session.objects.count()]


def seal_history():
    """What the clock does every few minutes."""
    chain_settled_rows(AUDIT_EVENTS)
    make_checkpoint()


def count_rows():
    counts = portal_facts.count_rows()
    return {table: counts[table] for table in COUNTED}


def what_opens(student_pk):
    """What the family of a student can read of the stored rows; None: there is no such student."""
    student = Student.objects.filter(pk=student_pk).first()
    if student is None:
        return None
    rows = list(LinkedRecord.objects.filter(student=student))
    return open_own(rows, student=student)


def ends_of(student_pk):
    """How the student's keys ended, and what was certified."""
    return {
        "keys": list(
            DestroyedKey.objects.filter(student_id=student_pk).values_list("how", flat=True)
        ),
        "certified": list(
            DeletionCertificate.objects.filter(student_id=student_pk).values_list(
                "ended_by", flat=True
            )
        ),
    }
