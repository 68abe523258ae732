"""Types a distinct text into each form about a child, and searches every dump for it."""

import logging
import uuid

import pytest
from django.core import mail
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Purpose
from apps.consent.services import standing_changes
from apps.disclosure.models import CorrectionRequest
from apps.helpline.models import HelpRequest
from apps.people.models import EmergencyAccess, Guardianship, PendingAct, StandingChange
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.architecture.test_database_dump import canary, in_the_cache
from tests.vault.restore_helpers import back_up
from tests.vault.sealing_helpers import write


@pytest.fixture
def typed(cast, sign_in):
    """{what was typed where: the words}: each through its form."""
    words = {}

    def new(name):
        words[name] = canary(name)
        return words[name]

    factories.duty_roster(cast)
    help_and_answers(cast, sign_in, new)
    corrections(cast, sign_in, new)
    emergencies(cast, sign_in, new)
    access_review(cast, sign_in, new)
    keeping_out(cast, new)
    signing_in(sign_in(cast.midori.user), new)
    return words


def help_and_answers(cast, sign_in, new):
    staff = sign_in(cast.nurse.user)
    for what, student in (("answer", cast.sakura), ("close", cast.ren)):
        request = {"form_key": uuid.uuid4(), "wanted": "nurse", "words": new(f"asked, {what}")}
        sign_in(student.user).post(reverse("helpline:ask"), request)
        help_request = HelpRequest.objects.get(student=student)
        sent = {"words": new(what), "form_key": uuid.uuid4(), "reason": "student_asked"}
        address = reverse(f"admin:helpline_{what}", args=[help_request.pk])
        data = {f"{what}-{name}": value for name, value in sent.items()}
        assert staff.post(address, data).status_code == 302


def corrections(cast, sign_in, new):
    request = {"about": "roster", "words": new("correction"), "form_key": uuid.uuid4()}
    address = reverse("disclosure:corrections", args=[cast.sakura.pk])
    assert sign_in(cast.midori.user).post(address, request).status_code == 302
    row = CorrectionRequest.objects.get()
    url = reverse("admin:disclosure_correctionrequest_open", args=[row.pk])
    staff = sign_in(cast.homeroom.user)
    staff.post(url, {"open": "1"})
    staff.post(url, {"answer": new("correction answer")})


def emergencies(cast, sign_in, new):
    begun = {"school_class": cast.class_2.pk, "number": 1, "why": new("why")}
    sign_in(cast.homeroom.user).post(reverse("admin:people_emergencyaccess_begin"), begun)
    access = EmergencyAccess.objects.get()
    review = reverse("admin:people_emergencyaccess_review", args=[access.pk])
    sent = {"verdict": "justified", "note": new("review")}
    sign_in(cast.principal.user).post(review, sent)
    assert EmergencyAccess.objects.get().note == sent["note"]


def access_review(cast, sign_in, new):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    row = write(cast.sakura, Purpose.ATTENDANCE, {"code": new("row")})
    open_sealed([row], actor=cast.counsellor.user, reason=OpeningReason.SAFETY)
    event = AuditEvent.objects.filter(action=Action.SEALED_OPENED).latest("pk")
    sent = {"event": event.pk, "word": "hide", "note": new("look")}
    sign_in(cast.principal.user).post(reverse("admin:disclosure_hiddenaccessentry_waiting"), sent)


def keeping_out(cast, new):
    guardianship = Guardianship.objects.get(guardian=cast.other_guardian, student=cast.ren)
    standing_changes.keep_out(
        guardianship, by=cast.principal.user, why="support", reason=new("act reason"),
        document_number=new("document")[:60],
    )  # fmt: skip
    assert (
        StandingChange.objects.get().document_number
        in PendingAct.objects.latest("proposed_at").payload["document_number"]
    )


def signing_in(client, new):
    client.logout()
    mail_, password = f"{new('mail')}@example.com", new("password")
    client.post(reverse("account_login"), {"login": mail_, "password": password})


@pytest.mark.django_db(transaction=True)
def test_nothing_that_was_typed_is_in_a_dump_of_database_or_cache_in_logs_or_mails(typed, caplog):
    assert len(typed) >= 12
    dump = {
        "database": back_up(),
        "cache": in_the_cache(),
        "mails": "".join(str(each.message()) for each in mail.outbox),
        "logs": caplog.text,
    }
    assert len(dump["database"]) > 100_000
    found = [(name, where) for name, sent in typed.items() for where, text in dump.items()
             if sent[:40] in text]  # fmt: skip
    assert found == []


@pytest.fixture(autouse=True)
def _every_word_of_the_logs(caplog):
    caplog.set_level(logging.DEBUG)
