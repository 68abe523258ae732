"""Casework is kept for the years that a city has set, and deleted with its key; never before."""

import datetime as dt
import uuid

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.cases.models import (
    CaseRetention,
    KeptEvidence,
    Observation,
    PlanStep,
    ProtectiveCase,
    ProtectiveNote,
    ProtectiveReader,
    Referral,
    ReferralAnswer,
    Sign,
    StudentEvent,
    SupportCase,
)
from apps.cases.services import (
    case_deletion,
    case_retention,
    casework,
    plans,
    protective_cases,
    referrals,
)
from apps.cases.services.case_retention import CannotSetRetention
from apps.cases.services.student_events import record_event
from apps.core import clock
from apps.core.clock import today
from apps.notices.models import SupportOrganisation
from apps.people.models import Role
from apps.vault.models import DestroyedKey, SubjectKey
from tests import factories

LIST = reverse("admin:cases_caseretention_changelist")
DAY = dt.timedelta(days=1)


def key():
    return {"form_key": uuid.uuid4()}


@pytest.fixture
def privacy(watched):
    return factories.staff_post(Role.PRIVACY, of=watched.city, name="個人情報の担当").user


@pytest.fixture
def ended(watched, case):
    """sakura's case with a plan, a step, a referral that was answered and an event; it is closed."""
    by = {"actor": watched.nurse.user}
    casework.open_case(case, reason="sign", **by)
    casework.add_decision(case, judgement="support", words="支援する。", **by, **key())
    plans.add_plan(
        case, words="朝おきる", agreed_with="child", review_on=today() + DAY, **by, **key()
    )
    step = plans.add_step(
        case, words="声をかける", assignee=None, who="本人", until_on=today(), **by, **key()
    )
    plans.end_step(case, step=step, is_done=True, **by, **key())
    place = SupportOrganisation.objects.create(name="窓口(架空)", municipality=watched.city)
    referral = referrals.add_referral(
        case, organisation=place, words="朝のこと", agreed_by="both", parts=["goals"], **by, **key()
    )
    referrals.enter_answer(case, referral=referral, kind="accepted", **by, **key())
    casework.add_outcome(case, words="来られた。", **by, **key())
    record_event(
        watched.sakura, actor=watched.nurse.user, kind="other", happened_on=today(), source="staff",
        words="見た。", **key(),
    )  # fmt: skip
    casework.close_case(case, actor=watched.nurse.user)
    case.refresh_from_db()
    return case


def set_years(cast, privacy, years=3, protective_years=5):
    row = case_retention.ask_retention(
        cast.city, by=cast.officer.user, years=years, protective_years=protective_years
    )
    return case_retention.confirm_retention(row, by=privacy)


def test_nothing_is_deleted_before_two_people_have_set_the_years(
    watched, ended, privacy, sign_in, time_machine
):
    time_machine.shift(dt.timedelta(days=365 * 35))
    assert case_deletion.delete_ended_casework() == 0
    officer = sign_in(watched.officer.user)
    assert "まだ決まっていません" in officer.get(LIST).content.decode()
    assert sign_in(watched.nurse.user).get(LIST).status_code in (403, 404)
    ask = reverse("admin:cases_retention_ask", args=[watched.city.pk])
    assert officer.post(ask, {"years": "5", "protective_years": "3"}).status_code == 422
    assert officer.post(ask, {"years": "0", "protective_years": "99"}).status_code == 422
    for _ in range(2):
        assert officer.post(ask, {"years": "3", "protective_years": "5"}).status_code == 302
    row = CaseRetention.objects.get()
    assert "待っています" in officer.get(LIST).content.decode()
    confirm = reverse("admin:cases_retention_confirm", args=[row.pk])
    officer.post(confirm)
    row.refresh_from_db()
    assert row.confirmed_at is None
    assert case_deletion.delete_ended_casework() == 0
    stale = case_retention.ask_retention(
        watched.city, by=watched.officer.user, years=4, protective_years=5
    )
    with pytest.raises(CannotSetRetention):
        case_retention.confirm_retention(row, by=privacy)  # other years wait by now
    for _ in range(2):
        sign_in(privacy).post(reverse("admin:cases_retention_confirm", args=[stale.pk]))
    assert case_retention.retention_of(watched.city.pk).years == 4
    asked = AuditEvent.objects.filter(action=Action.RETENTION_ASKED).count()
    confirmed = AuditEvent.objects.filter(action=Action.RETENTION_CONFIRMED).count()
    assert (asked, confirmed) == (2, 1)


def test_what_is_due_goes_with_its_key_and_nothing_else(
    watched, ended, privacy, sign_in, time_machine
):
    """Other students' casework stays, also while one of theirs is open; so do newer cases."""
    set_years(watched, privacy)
    other = SupportCase.objects.create(
        municipality=watched.city, school=watched.school, student=watched.ren, state="looking"
    )
    casework.add_observation(other, actor=watched.nurse.user, words="元気。", **key())
    officer, nurse = sign_in(watched.officer.user), sign_in(watched.nurse.user)
    assert "ありません" in officer.get(LIST).content.decode()
    closed_list = reverse("admin:cases_closed")
    assert "3年たつと消えます" in nurse.get(closed_list).content.decode()
    note = Observation.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        Observation.objects.filter(pk=note.pk)._raw_delete("default")  # its key opens it
    time_machine.shift(dt.timedelta(days=3 * 365 - 20))
    assert case_deletion.delete_ended_casework() == 0
    page = sign_in(watched.officer.user).get(LIST).content.decode()
    assert "<td>1件</td>" in page
    assert "さくら" not in page
    time_machine.shift(dt.timedelta(days=25))
    assert case_deletion.delete_ended_casework() == 1
    assert case_deletion.delete_ended_casework() == 0
    assert list(SupportCase.objects.all()) == [other]
    for model in (PlanStep, Referral, ReferralAnswer, Sign, StudentEvent):
        assert model.objects.count() == 0, model
    assert Observation.objects.count() == 1
    casework_keys = SubjectKey.objects.filter(purpose="casework")
    assert list(casework_keys.values_list("student", flat=True)) == [watched.ren.pk]
    assert DestroyedKey.objects.filter(student_id=watched.sakura.pk, purpose="casework").exists()
    event = AuditEvent.objects.get(action=Action.CASEWORK_DELETED)
    assert (event.subject_id, event.audience) == (watched.sakura.pk, "protective")


def test_a_protective_case_has_years_of_its_own_and_stands_in_no_count(
    watched, ended, privacy, sign_in, time_machine
):
    set_years(watched, privacy)
    nurse = watched.nurse.user
    kept = protective_cases.open_protective_case(
        watched.sakura, actor=nurse, topic="abuse", words="あざ。", readers=[watched.counsellor],
        **key(),
    )  # fmt: skip
    protective_cases.add_protective_note(kept, actor=nurse, kind="ended", words="おわり。", **key())
    time_machine.shift(dt.timedelta(days=3 * 365 - 20))
    assert sign_in(watched.officer.user).get(LIST).content.decode().count("<td>1件</td>") == 1
    time_machine.shift(dt.timedelta(days=25))
    assert case_deletion.delete_ended_casework() == 1
    assert ProtectiveCase.objects.count() == 1
    time_machine.shift(dt.timedelta(days=2 * 365))
    assert case_deletion.delete_ended_casework() == 1
    for model in (ProtectiveCase, ProtectiveNote, ProtectiveReader, KeptEvidence):
        assert model.objects.count() == 0, model
    assert not SubjectKey.objects.filter(purpose="protection").exists()
    assert AuditEvent.objects.filter(action=Action.PROTECTION_DELETED).count() == 1


def test_every_sealed_row_of_a_case_is_deleted_with_it():
    """A new table about a case cannot be forgotten."""
    named = {
        SupportCase._meta.get_field(name).related_model for name in case_deletion.NOTE_MANAGERS
    }
    pointing = {relation.related_model for relation in SupportCase._meta.related_objects}
    assert pointing - named - {Sign} == set()


def test_the_years_in_force_asked_again_take_back_what_waits(watched, privacy):
    def ask(years):
        return case_retention.ask_retention(
            watched.city, by=watched.officer.user, years=years, protective_years=20
        )

    kept = case_retention.confirm_retention(ask(10), by=privacy)
    slip = ask(1)
    assert ask(10) == ask(10) == kept
    assert case_retention.waiting_retention(watched.city.pk) is None
    assert AuditEvent.objects.filter(action=Action.RETENTION_ASKED).count() == 3
    with pytest.raises(CannotSetRetention, match="年数が変わりました"):
        case_retention.confirm_retention(slip, by=privacy)
    assert case_retention.retention_of(watched.city.pk).years == 10


def test_years_from_the_29th_of_february_end_on_the_28th():
    leap = dt.datetime(2028, 2, 29, 12, tzinfo=clock.JST)
    assert case_retention.due_before(1, leap).date() == dt.date(2027, 2, 28)
    assert case_retention.due_before(4, leap).date() == dt.date(2024, 2, 29)
