"""Each free text field is listed here: encrypted and tested, or plain with a reason."""

import importlib
import pkgutil
import uuid
from datetime import timedelta

import pytest
from django import forms
from django.core import mail
from django.urls import reverse

import apps
from apps.audit.models import AuditEvent
from apps.cases.models import SupportCase
from apps.cases.services.casework import open_case
from apps.cases.services.protective_cases import people_for
from apps.cases.services.shipped_rules import seed_rules
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.core.clock import today
from apps.notices.models import SupportOrganisation
from apps.people.models import PendingAct
from apps.signin.services import cards
from apps.vault.services.sealed_content import OpeningReason
from tests import factories
from tests.architecture.test_database_dump import canary, in_the_cache
from tests.vault.restore_helpers import back_up

SEALED = {  # typed below, or in test_what_is_typed_lies_sealed
    "ProposalReasonForm.reason", "SearchForm.search_words", "PersonSearchForm.search_words", "EmergencyForm.why",
    "ReviewForm.note", "CorrectionForm.words", "GuardianStandingForm.document_number",
    "StaffConflictForm.reason", "KeptOutPersonForm.document_number", "KeptOutPersonForm.reason", "HelpRequestForm.words",
    "FamilyRequestForm.words", "FamilyRequestForm.contact", "FamilyRequestForm.hours",
    "SupportQuestionForm.text", "SupportQuestionForm.mail", "EnterQuestionForm.text", "EnterQuestionForm.mail", "SupportReplyForm.text",  # tests/helpdesk
    "WordForm.word", "HelpRequestForm.kept_words", "HelpRequestForm.friend_name",
    "ReplyForm.words", "ReplyForm.meet_place", "WriteBackForm.words", "CloseRequestForm.words", "CaseNoteForm.words", "ObserveForm.words", "ReopenForm.words", "DecideForm.words", "PlanForm.words",
    "StudentEventForm.words",
    "BeginForm.worry", "ProtectForm.facts", "ProtectForm.named", "ProtectiveNoteForm.facts",
    "ReferForm.words", "OutcomeForm.words", "PlanForm.why_not", "ReferForm.why_alone", "StepForm.words",
    "StepForm.who", "HandOverForm.words", "HandOverForm.to", "CentreReportForm.words", "SchemeStepForm.words",
    "TalkWithStudentForm.words", "TalkWithStudentForm.wants", "TalkWithStudentForm.not_known", "_ConversationForm.words",
    "_ConversationForm.wants", "_ConversationForm.not_known", "TalkWithGuardianForm.words", "TalkWithGuardianForm.wants",
    "TalkWithGuardianForm.not_known", "MinutesForm.words", "MinutesForm.outside", "EndStepForm.words", "CheckReceiptForm.shown", "LoginForm.password",
    "TypedCodeForm.code", "ConfirmForm.document_number", "PrivacyForm.safe_contact", "RelationshipForm.safe_contact",
}  # fmt: skip
DIGESTED = {"KeptOutPersonForm.family_name", "KeptOutPersonForm.given_name", "KeptOutPersonForm.family_kana",
            "KeptOutPersonForm.given_kana", "KeptOutPersonForm.mail", "KeptOutPersonForm.phone", "PinForm.pin", "FirstPinForm.pin", "FirstPinForm.again", "ChangePinForm.pin",
            "ChangePinForm.new_pin", "ChangePinForm.again"}  # fmt: skip
PUBLIC = {  # words written for everybody, settings, and names and addresses that a roster holds too
    "ConsentDocumentForm": "the words of a purpose", "QuestionForm": "questions", "QuestionSetForm": "questions",
    "NoticeForm": "a notice", "WithdrawForm": "told to its readers", "OrganisationForm": "a place", "SchemeForm": "what a scheme is",
    "HoursExceptionForm": "a place", "HelpContactForm": "published", "AnswerTemplateForm": "speaks of nobody", "HelpEntryForm": "published", "ServiceNoteForm": "published",
    "SupportVisitForm": "speaks of nobody", "SupportIssueForm": "speaks of nobody", "IssueFromQuestionForm": "speaks of nobody", "VerifyForm": "a place's source",
    "DutyPersonForm": "a name shown to students", "ApprovalForm": "the name of who approved",
    "AppointmentForm": "name and address of staff", "InitialStaffForm": "name and address of staff",
    "_PersonForm": "name and address of staff",
    "NewcomerForm": "a guardian's name", "NamesForm": "a guardian's name", "SignupForm": "an address", "AddEmailForm": "an address",
    "ResetPasswordForm": "an address", "SourceForm": "settings", "SchoolAccountServiceForm": "settings", "LtiPlatformForm": "settings", "MynaServiceForm": "settings", "OrganisationSearchForm": "kept nowhere",
    "CallerForm": "kept nowhere", "AddPasskeyForm": "what its owner calls a device", "TypedPersonFields": "the fields of two forms",
}  # fmt: skip
NO_WORDS = {
    "VoiceCodeForm.code",
    "SupportQuestionForm.form_key",
    "SupportQuestionForm.website",
    "HelpRequestForm.form_key",
    "WriteBackForm.form_key",
    "WriteBackForm.reply",
    "SelfInfoCodeForm.name_code",
    "SelfInfoCodeForm.item_code",
}


def fields():
    """{"Form.field"} of each visible field for text, of every form of ours.

    Not of those that a page makes while it is shown: what they are made of is among the others.
    """
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if ".migrations" not in module.name and ".management" not in module.name:
            importlib.import_module(module.name)
    todo, found = [forms.BaseForm], set()
    while todo:
        for form in todo.pop().__subclasses__():
            todo.append(form)
            if form.__module__.startswith("apps.") and "<locals>" not in form.__qualname__:
                found |= {
                    f"{form.__name__}.{name}"
                    for name, field in getattr(form, "base_fields", {}).items()
                    if isinstance(field, forms.CharField) and not field.widget.is_hidden
                }
    return found


def test_every_field_for_words_is_known_as_sealed_or_open():
    known = SEALED | DIGESTED | NO_WORDS
    assert {name for name in fields() - known if name.split(".")[0] not in PUBLIC} == set()


@pytest.fixture
def typed(cast, sign_in):
    """{what was typed where: the words}: each through its form."""
    words = {}

    def new(name):
        words[name] = canary(name)
        return words[name]

    searches(cast, sign_in, new)
    acts(cast, sign_in, new)
    cases(cast, sign_in, new)
    own_words(cast, new)
    codes(cast, sign_in, new)
    return words


def searches(cast, sign_in, new):
    desk = sign_in(cast.officer.user)
    for page in ("signin_usersession", "people_student"):
        sent = {"search_words": new(page)[:60]}
        assert desk.post(reverse(f"admin:{page}_changelist"), sent).status_code == 302
    sign_in(cast.sakura.user).get(reverse("notices:places"), {"q": new("places")[:40]})


def acts(cast, sign_in, new):
    ((_, code),) = cards.issue_cards([cast.ren], by=cast.helpdesk.user)
    cards.set_first_pin(code, "7305")
    page = reverse("admin:registration_pin_reset", args=[cast.class_2.pk, cast.ren.pk])
    desk = sign_in(cast.helpdesk.user)
    assert desk.post(page, {"reason": new("reset")}).status_code == 302
    assert PendingAct.objects.get(kind="pin.reset").reason
    assert desk.post(page, {"reason": new("too long") * 10}).status_code == 422


def cases(cast, sign_in, new):
    seed_rules(cast.city)
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    case = SupportCase.objects.create(
        municipality=cast.city, school=cast.school, student=cast.sakura
    )
    open_case(case, actor=cast.nurse.user, reason=OpeningReason.SIGN)
    staff = sign_in(cast.nurse.user)
    staff.post(reverse("admin:cases_open", args=[case.pk]), {"reason": "sign"})
    later = (today() + timedelta(days=7)).isoformat()
    place = SupportOrganisation.objects.create(name="窓口(架空)", municipality=cast.city)
    for what, more in (
        ("note", {}), ("decide", {"judgement": "support"}),
        ("plan", {"review_on": later, "agreed_with": "not_yet", "why_not": new("why not")}),
        ("step", {"until_on": later, "who": new("who")[:40]}),
        ("refer", {"organisation": place.pk, "agreed_by": "nobody", "why_alone": new("alone")}),
        ("pack", {"recipient": "council", "to": new("to"), "parts": "plans"}), ("told", {}),
        ("outcome", {}),
    ):  # fmt: skip
        typed_value = {"form_key": uuid.uuid4(), "words": new(what), **more}
        page = staff.get(reverse("admin:cases_supportcase_change", args=[case.pk]))
        data = {f"{what}-{name}": value for name, value in typed_value.items()}
        data["seen"] = page.context.get("seen", "")
        answer = staff.post(reverse("admin:cases_work", args=[case.pk, what]), data)
        assert answer.status_code == 302, what
    told = {
        "form_key": uuid.uuid4(), "student": cast.sakura.pk, "kind": "other", "source": "staff",
        "happened_on": today().isoformat(), "words": new("event"),
    }  # fmt: skip
    assert staff.post(reverse("admin:cases_event_record"), told).status_code == 302
    posts = people_for(cast.ren, cast.nurse.user)
    told = {
        "form_key": uuid.uuid4(), "topic": "abuse", "people": [str(posts[0].pk)],
        "facts": new("protected"), "named": new("named")[:60],
    }  # fmt: skip
    assert (
        staff.post(f"{reverse('admin:cases_protect')}?student={cast.ren.pk}", told).status_code
        == 302
    )
    told = {"form_key": uuid.uuid4(), "student": cast.ren.pk, "worry": new("worry")}
    assert staff.post(reverse("admin:cases_begin"), told).status_code == 302


def own_words(cast, new):
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    answers = {"mood": 1, "words": new("check-in")}
    submit(
        student=cast.sakura,
        question_set=current_question_set(),
        client_key=uuid.uuid4(),
        answers=answers,
    )


def codes(cast, sign_in, new):
    browser = sign_in(cast.midori.user)
    answer = browser.post(reverse("registration:letter_entry"), {"code": new("letter")[:30]})
    assert answer.status_code in (302, 422)
    answer = browser.post(reverse("consent:check_receipt"), {"shown": new("receipt")})
    assert answer.status_code in (200, 422)
    browser.logout()
    browser.post(reverse("signin:card_entry"), {"code": new("card")[:30]})
    assert browser.post(reverse("signin:pin"), {"pin": "190357"}).status_code in (302, 422)


@pytest.mark.django_db(transaction=True)
def test_nothing_of_it_is_in_a_dump_of_database_or_cache_in_logs_or_mails(typed, caplog):
    assert len(typed) >= 12
    assert AuditEvent.objects.exists()
    dump = {
        "database": back_up(),
        "cache": in_the_cache(),
        "mails": "".join(str(each.message()) for each in mail.outbox),
        "logs": caplog.text,
    }
    assert len(dump["database"]) > 100_000
    found = [(name, where) for name, typed_value in typed.items() for where, text in dump.items()
             if typed_value[:30] in text]  # fmt: skip
    assert found == []


@pytest.fixture(autouse=True)
def _every_word_of_the_logs(caplog):
    caplog.set_level("DEBUG")
