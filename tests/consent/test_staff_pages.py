"""The city edits documents and policies; those who may can read records, and nobody changes them."""

import uuid

import pytest
import time_machine
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record
from apps.consent.models import (
    ConsentDecision,
    ConsentDocument,
    ConsentReceipt,
    DocumentDisplay,
    Programme,
    Purpose,
    PurposePolicy,
)
from apps.consent.services.documents import draft_next_version, install_seed_documents
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Role, User
from apps.people.permissions import may_open
from apps.people.services.pending_acts import confirm
from apps.vault.models import SubjectKey
from tests import factories
from tests.browser import form_on
from tests.consent.staff_page_helpers import (
    RECORDS,
    WHY,
    WORDS,
    document,
    n_rows,
    page,
    second_reads,
    town,
)
from tests.people.act_scenarios import DAY, propose, the_act

__all__ = ["town"]


def test_the_city_makes_a_version_edits_it_and_publishes_it(town, sign_in):
    city = sign_in(town.officer.user)
    answer = city.post(page(ConsentDocument, "next", document().pk))
    draft = document(version=2)
    assert answer.url == page(ConsentDocument, "change", draft.pk)
    assert city.post(answer.url, WORDS).status_code == 302
    assert is_effective(town.sakura, "attendance")
    assert second_reads(town, sign_in, draft).status_code == 302
    confirm = city.get(page(ConsentDocument, "publish", draft.pk)).content.decode()
    assert "<strong>1人</strong>" in confirm
    city.post(page(ConsentDocument, "publish", draft.pk), WHY)
    draft.refresh_from_db()
    assert draft.published_at and draft.question == "問い"
    assert not is_effective(town.sakura, "attendance")
    changes = AuditEvent.objects.filter(action=Action.RECORD_CHANGED, thing_id=str(draft.pk))
    people = [town.officer.user, town.officer.user, town.privacy.user, town.officer.user]
    assert [event.actor for event in changes.order_by("pk")] == people
    assert not any("問い" in str(event.__dict__) for event in changes)


def test_publishing_one_purpose_leaves_the_others_and_the_other_city_alone(town, sign_in):
    factories.make_effective(town.sakura, Purpose.GRADES)
    install_seed_documents(town.away)
    theirs = factories.student(factories.school_class(town.away_school), "よその")
    factories.programme(town.away)
    factories.make_effective(theirs, Purpose.ATTENDANCE)
    draft = draft_next_version(
        ConsentDocument.objects.get(municipality=town.city, purpose="attendance"),
        by=town.officer.user,
    )
    second_reads(town, sign_in, draft)
    sign_in(town.officer.user).post(page(ConsentDocument, "publish", draft.pk), WHY)
    assert not is_effective(town.sakura, Purpose.ATTENDANCE)
    assert is_effective(town.sakura, Purpose.GRADES) and is_effective(theirs, Purpose.ATTENDANCE)


def test_publishing_again_is_refused_with_a_sentence(town, sign_in):
    again = sign_in(town.officer.user).post(
        page(ConsentDocument, "publish", document().pk), WHY, follow=True
    )
    assert "この版は、もう公開されています" in again.content.decode()
    assert is_effective(town.sakura, "attendance")


def test_asking_twice_for_a_new_version_gives_the_same_draft(town, sign_in):
    city = sign_in(town.officer.user)
    first, second = (city.post(page(ConsentDocument, "next", document().pk)) for _ in range(2))
    assert first.url == second.url


def test_published_words_cannot_be_edited(town, sign_in):
    before = document().question
    refused = sign_in(town.officer.user).post(page(ConsentDocument, "change", document().pk), WORDS)
    assert refused.status_code == 403
    assert document().question == before


def test_words_for_students_need_their_readings(town, sign_in):
    draft = draft_next_version(document(), by=town.officer.user)
    bad = WORDS | {"student_words": "今日の こと"}
    answer = sign_in(town.officer.user).post(page(ConsentDocument, "change", draft.pk), bad)
    assert "読みのない漢字があります: 今日" in answer.content.decode()
    assert document(version=2).question == document().question


@pytest.mark.parametrize("who", ["homeroom", "nurse", "principal", "privacy", "away_officer"])
def test_nobody_but_this_city_writes_words(town, sign_in, who):
    staff = sign_in(getattr(town, who).user)
    draft = draft_next_version(document(), by=town.officer.user)
    n_events = AuditEvent.objects.count()
    for answer in (
        staff.post(page(ConsentDocument, "next", document().pk)),
        staff.post(page(ConsentDocument, "publish", draft.pk), WHY),
        staff.post(page(ConsentDocument, "change", draft.pk), WORDS),
    ):
        assert answer.status_code in (302, 403, 404)
    assert document(version=2).published_at is None
    assert AuditEvent.objects.count() == n_events


def agreed_by_all(city, answer):
    """The reason entered, the second person's confirmation, and a day later."""
    assert propose(city, answer).status_code == 302
    act = the_act()
    if act.needs_second:
        confirm(act, by=factories.staff_post(Role.PRIVACY, of=act.municipality).user)
    with time_machine.travel(timezone.now() + DAY, tick=False):
        reconcile_all()


def test_a_purpose_is_no_longer_asked_once_two_agreed_and_a_day_has_passed(town, sign_in):
    policy = PurposePolicy.objects.get(municipality=town.city, purpose="attendance")
    city = sign_in(town.officer.user)
    form = {"decider": "both", "kept_days": 300, "order": 2, "alone_from_age": 16,
            "readers": policy.readers}  # fmt: skip
    answer = city.post(page(PurposePolicy, "change", policy.pk), form)
    assert is_effective(town.sakura, "attendance")
    agreed_by_all(city, answer)
    assert not SubjectKey.objects.filter(purpose="attendance", student=town.sakura).exists()
    event = AuditEvent.objects.get(action=Action.RECORD_CHANGED, thing_id=str(policy.pk))
    assert set(event.fields) == {"is_offered", "kept_days"}


def test_keeping_longer_than_a_year_is_refused(town, sign_in):
    policy = PurposePolicy.objects.get(municipality=town.city, purpose="income")
    form = {"is_offered": "on", "decider": "guardian", "kept_days": 400, "order": 8}
    sign_in(town.officer.user).post(page(PurposePolicy, "change", policy.pk), form)
    policy.refresh_from_db()
    assert policy.kept_days == 365


def test_the_term_is_changed_on_the_record(town, sign_in):
    form = {"title": "取り組み", "begins_on": "2026-04-01", "ends_on": "2027-03-31"}
    change = page(Programme, "change", town.programme.pk)
    city = sign_in(town.officer.user)
    agreed_by_all(city, city.post(change, form))  # what goes on longer is told first
    event = AuditEvent.objects.get(action=Action.RECORD_CHANGED, thing_id=str(town.programme.pk))
    assert set(event.fields) == {"title", "begins_on", "ends_on"}
    backwards = form | {"ends_on": "2020-01-01"}
    assert sign_in(town.officer.user).post(change, backwards).status_code == 422
    town.programme.refresh_from_db()
    assert town.programme.ends_on.year == 2027


@pytest.mark.parametrize("model", RECORDS)
def test_records_are_never_added_changed_or_deleted(town, sign_in, model):
    row = model.objects.first()
    before = model.objects.filter(pk=row.pk).values().get()
    for staff in (town.officer, town.privacy, town.principal):
        client = sign_in(staff.user)
        assert client.get(page(model, "add")).status_code == 403
        assert client.post(page(model, "add"), {}).status_code == 403
        assert client.post(page(model, "change", row.pk), {}).status_code in (302, 403)
        assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code in (302, 403)
    assert model.objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", [ConsentDecision, ConsentReceipt, DocumentDisplay])
def test_staff_see_records_of_the_students_they_may_know_of(town, sign_in, model):
    n = model.objects.count()
    assert n > 0
    for who in ("homeroom", "nurse", "principal", "officer", "privacy"):
        assert n_rows(sign_in(getattr(town, who).user), model) == n, who
    other_class = factories.staff_post(Role.HOMEROOM, town.school, in_class=town.class_2)
    for outsider in (other_class, town.away_nurse, town.away_officer):
        assert n_rows(sign_in(outsider.user), model) == 0
    row = model.objects.first()
    assert sign_in(town.privacy.user).get(page(model, "change", row.pk)).status_code == 200
    assert sign_in(town.away_nurse.user).get(page(model, "change", row.pk)).status_code == 302
    assert sign_in(town.helpdesk.user).get(page(model)).status_code == 403


def test_the_privacy_officer_alone_reads_the_record_of_the_own_city(town, sign_in):
    record(Action.KEY_MADE, municipality_id=town.away.pk, subject_id=uuid.uuid4())
    officer = sign_in(town.privacy.user)
    assert (
        n_rows(officer, AuditEvent)
        == AuditEvent.objects.filter(municipality_id=town.city.pk).count()
    )
    event = AuditEvent.objects.filter(subject_id=town.sakura.pk).first()
    assert officer.get(page(AuditEvent, "change", event.pk)).status_code == 200
    sought = {"search_words": str(town.sakura.pk)}
    found = officer.post(page(AuditEvent), sought, follow=True).context["cl"]
    assert found.result_count == AuditEvent.objects.about(town.sakura.pk).count()
    for who in ("officer", "principal", "nurse"):
        assert sign_in(getattr(town, who).user).get(page(AuditEvent)).status_code == 403


POLICY = {
    "decider": "both",
    "is_offered": "on",
    "alone_from_age": "16",
    "kept_days": 365,
    "order": 2,
}


def policy():
    return PurposePolicy.objects.get(municipality__code="172065", purpose="attendance")


def test_a_policy_may_be_narrower_than_the_words_and_then_fewer_may_open(town, sign_in):
    assert may_open(town.homeroom.user, town.sakura, "attendance")
    city = sign_in(town.officer.user)
    agreed_by_all(
        city,
        city.post(
            page(PurposePolicy, "change", policy().pk),
            POLICY | {"readers": ["nurse"], "kept_days": 30},
        ),
    )
    assert policy().kept_days == 30
    again = User.objects.get(pk=town.homeroom.user.pk)
    assert not may_open(again, town.sakura, "attendance")
    assert may_open(User.objects.get(pk=town.nurse.user.pk), town.sakura, "attendance")


def test_a_policy_is_never_wider_than_the_words(town, sign_in):
    draft = draft_next_version(document(), by=town.officer.user)
    sign_in(town.officer.user).post(page(ConsentDocument, "change", draft.pk), WORDS)
    draft.refresh_from_db()
    factories.published_document(draft, by=town.officer.user)
    assert (policy().readers, policy().kept_days) == (["homeroom"], 30)
    refused = sign_in(town.officer.user).post(
        page(PurposePolicy, "change", policy().pk), POLICY | {"readers": ["homeroom", "nurse"]}
    )
    assert "広げることはできません" in refused.content.decode()
    assert (policy().readers, policy().kept_days) == (["homeroom"], 30)


def test_words_that_changed_while_reading_are_not_checked(town, sign_in):
    draft = draft_next_version(
        ConsentDocument.objects.current().get(purpose="attendance", municipality=town.city),
        by=town.officer.user,
    )
    desk, url = sign_in(town.privacy.user), page(ConsentDocument, "read", draft.pk)
    seen = form_on(desk.get(url), "seen")
    ConsentDocument.objects.filter(pk=draft.pk).update(what="べつの文")
    answer = desk.post(url, seen, follow=True)
    assert "見ているあいだに変わりました" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.reviewed_by is None
