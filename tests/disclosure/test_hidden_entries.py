"""Hiding an access from the family is never one person's decision."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Purpose
from apps.disclosure.models import HiddenAccessEntry
from apps.disclosure.services.access_log import (
    CannotDecideEntry,
    complete_entries,
    decide_hidden_entry,
    entries_awaiting_decision,
)
from apps.people.models import Guardian, Role, User
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.vault.sealing_helpers import write

WAITING = reverse("admin:disclosure_hiddenaccessentry_waiting")
DECIDED = reverse("admin:disclosure_hiddenaccessentry_changelist")


@pytest.fixture
def looked(cast):
    """The counsellor has opened records for sakura's safety."""
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    cast.row = write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"})
    open_sealed([cast.row], actor=cast.counsellor.user, reason=OpeningReason.SAFETY)
    cast.event = AuditEvent.objects.get(action=Action.SEALED_OPENED)
    return cast


def is_shown(cast):
    return complete_entries(cast.sakura).filter(pk=cast.event.pk).exists()


def in_days(days):
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


def test_while_it_waits_it_is_hidden_and_after_two_weeks_shown(looked):
    assert not is_shown(looked)
    with in_days(13):
        assert not is_shown(looked)
    with in_days(15):
        assert is_shown(looked)


def test_confirmed_it_stays_hidden(looked):
    decide_hidden_entry(
        looked.event.pk, by=looked.principal.user, is_hidden=True, note="児相と協議中"
    )
    with in_days(400):
        assert not is_shown(looked)


def test_refused_it_is_shown_like_any_other(looked, sign_in):
    decide_hidden_entry(
        looked.event.pk, by=looked.principal.user, is_hidden=False, note="ふつうの面談"
    )
    assert is_shown(looked)
    page = sign_in(looked.midori.user).get(
        reverse("disclosure:access_log", args=[looked.sakura.pk])
    )
    assert page.context["seen"] == []  # in no guardian's page, whatever was decided


def test_never_ones_own_look(looked):
    assert not entries_awaiting_decision(looked.counsellor.user).exists()
    with pytest.raises(CannotDecideEntry):
        decide_hidden_entry(looked.event.pk, by=looked.counsellor.user, is_hidden=True, note="x")


@pytest.mark.parametrize("who", ["nurse", "homeroom", "officer", "away_nurse"])
def test_only_the_lead_the_counsellor_and_the_privacy_officer_decide(looked, sign_in, who):
    staff = getattr(looked, who).user
    with pytest.raises(CannotDecideEntry):
        decide_hidden_entry(looked.event.pk, by=staff, is_hidden=True, note="x")
    assert sign_in(staff).get(WAITING).status_code == 403


def test_the_privacy_officer_of_the_city_may(looked):
    privacy = factories.staff_post(Role.PRIVACY, of=looked.city)
    assert decide_hidden_entry(looked.event.pk, by=privacy.user, is_hidden=True, note="確認した")
    away = factories.staff_post(Role.PRIVACY, of=looked.away)
    assert not entries_awaiting_decision(away.user).exists()


def test_the_second_word_is_the_last(looked):
    decide_hidden_entry(looked.event.pk, by=looked.principal.user, is_hidden=True, note="x")
    with pytest.raises(CannotDecideEntry, match="もう決まって"):
        decide_hidden_entry(looked.event.pk, by=looked.principal.user, is_hidden=False, note="x")
    assert HiddenAccessEntry.objects.count() == 1


def test_a_word_needs_a_why(looked):
    with pytest.raises(CannotDecideEntry, match="なぜか"):
        decide_hidden_entry(looked.event.pk, by=looked.principal.user, is_hidden=True, note="  ")


def test_looks_for_other_reasons_and_of_asking_are_not_up_for_decision(looked):
    open_sealed([looked.row], actor=looked.nurse.user, reason=OpeningReason.MEETING)
    open_sealed([looked.row], actor=looked.nurse.user, reason=OpeningReason.STUDENT_ASKED)
    assert entries_awaiting_decision(looked.principal.user).count() == 1
    event = AuditEvent.objects.get(reason_code=OpeningReason.STUDENT_ASKED)
    with in_days(400):
        assert not complete_entries(looked.sakura).filter(pk=event.pk).exists()


def test_the_page_asks_the_second_person(looked, sign_in):
    lead = sign_in(looked.principal.user)
    assert "見せない閲覧(二人目まち)" in lead.get(reverse("admin:index")).content.decode()
    assert "本人に渡す記録に入れる" in lead.get(WAITING).content.decode()
    for number in ("", "x", "0", "99999999999999999999"):
        refused = lead.post(WAITING, {"event": number, "word": "hide", "note": "x"}, follow=True)
        assert "あなたが決める閲覧ではありません" in refused.content.decode()
    done = lead.post(
        WAITING, {"event": looked.event.pk, "word": "hide", "note": "協議中"}, follow=True
    )
    assert "決めたことを記録しました" in done.content.decode()
    assert HiddenAccessEntry.objects.get().is_hidden


def decided_with_note(looked):
    word = decide_hidden_entry(
        looked.event.pk, by=looked.counsellor_b.user, is_hidden=True, note="児相と協議中"
    )
    return reverse("admin:disclosure_hiddenaccessentry_change", args=[word.pk])


@pytest.fixture
def decided(looked):
    """Another counsellor has confirmed why the access stays hidden."""
    looked.counsellor_b = factories.staff_post(Role.COUNSELLOR, looked.school)
    looked.page = decided_with_note(looked)
    return looked


@pytest.mark.parametrize("role", [Role.PRINCIPAL, Role.COUNSELLOR])
def test_why_an_access_is_hidden_is_not_read_at_another_school_of_the_city(decided, sign_in, role):
    other_school = factories.school(decided.city, "C117220600025", "ほかの中学校(架空)")
    elsewhere = sign_in(factories.staff_post(role, other_school).user)
    assert "児相と協議中" not in elsewhere.get(DECIDED).content.decode()
    assert elsewhere.get(decided.page).status_code != 200
    lead = sign_in(decided.principal.user)
    assert "児相と協議中" in lead.get(DECIDED).content.decode()
    assert lead.get(decided.page).status_code == 200


def test_nobody_reads_as_staff_why_an_access_to_their_own_child_is_hidden(decided, sign_in):
    master = uuid.uuid4()
    decided.principal.master_id = master
    decided.principal.save(update_fields=["master_id"])
    Guardian.objects.filter(pk=decided.midori.pk).update(master_id=master)
    parent = sign_in(User.objects.get(pk=decided.principal.user_id))
    assert "児相と協議中" not in parent.get(DECIDED).content.decode()
    assert parent.get(decided.page).status_code != 200
