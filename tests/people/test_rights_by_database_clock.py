"""A process whose clock is wrong gives nobody a right too early, and takes none away too late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core import clock, reason_grants
from apps.people.models import EmergencyAccess, PendingAct, StaffPost
from apps.people.services.emergencies import begin_emergency
from apps.registration.services import print_runs

WRONG = pytest.mark.parametrize("hours", [-30, 30])
WHY = "担任が不在で、生徒のけがの連絡があったため"


@WRONG
def test_an_emergency_runs_for_its_hour_by_the_databases_clock(cast, clocks_apart, hours):
    clocks_apart(hours)
    access = begin_emergency(cast.homeroom.user, cast.ren, why=WHY)
    assert abs(access.begun_at - clock.now()) < timedelta(minutes=1)
    assert EmergencyAccess.objects.running().get() == access


@WRONG
def test_a_printed_sheet_stays_open_by_the_databases_clock(cast, clocks_apart, hours):
    sheet = print_runs.print_cards([cast.sakura], school_class=cast.class_1, by=cast.homeroom.user)
    clocks_apart(hours)
    assert print_runs.open_sheet(sheet.pk, by=cast.homeroom.user) == sheet


@WRONG
def test_a_post_begins_and_ends_by_the_databases_day(cast, clocks_apart, hours):
    StaffPost.objects.filter(pk=cast.nurse.pk).update(
        begins_on=clock.today(), ends_on=clock.today()
    )
    clocks_apart(hours)
    assert StaffPost.objects.current().filter(pk=cast.nurse.pk).exists()


@WRONG
def test_a_reason_given_lasts_by_the_databases_clock(cast, clocks_apart, hours, rf):
    request = rf.get("/")
    request.session = {}
    reason_grants.note_proof(request.session)
    reason_grants.grant_reason(request, "place", "理由")
    clocks_apart(hours)
    assert reason_grants.granted_reason(request, "place") == "理由"


@WRONG
def test_a_waiting_act_is_due_by_the_databases_clock(cast, clocks_apart, hours):
    act = PendingAct.objects.create(
        kind="policy.end", thing_id="1", title="x", municipality=cast.city, reason="計画の変更",
        preview={}, proposed_by=cast.officer.user, proposed_role="city", needs_second=False,
        due_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    clocks_apart(hours)
    assert not PendingAct.objects.due().filter(pk=act.pk).exists()
    PendingAct.objects.filter(pk=act.pk).update(due_at=clock.now() - timedelta(hours=1))
    assert PendingAct.objects.due().filter(pk=act.pk).exists()
