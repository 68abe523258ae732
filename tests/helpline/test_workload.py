"""The workload: what waits, how long until somebody looks, and for whom."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.core.clock import today
from apps.helpline.models import Call, CallMailState
from apps.helpline.services import drills, escalation, help_requests, replies, workload
from apps.vault.services.sealed_content import OpeningReason
from tests import factories

LOAD = reverse("admin:helpline_load")
TODAY = reverse("admin:index")


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-24T10:00+09:00", tick=False) as traveller:
        yield traveller


def send(c, student=None):
    return help_requests.send_help_request(
        student=student or c.sakura, wanted="anyone", form_key=uuid.uuid4()
    )


def open_and_reply(help_request, post):
    replies.open_request(help_request, actor=post.user, reason=OpeningReason.STUDENT_ASKED)


def test_it_counts_what_waits_and_the_minutes_somebody_is_there(on_duty, clock):
    first = send(on_duty)
    escalation.escalate_due()
    clock.shift(timedelta(minutes=5))
    escalation.escalate_due()
    clock.shift(timedelta(minutes=1))
    open_and_reply(first, on_duty.counsellor)
    clock.move_to("2026-11-24T16:20+09:00")
    second = send(on_duty)
    escalation.escalate_due()
    clock.move_to("2026-11-25T08:50+09:00")  # 10 minutes before the night, 20 after it
    open_and_reply(second, on_duty.nurse)
    send(on_duty, on_duty.ren)
    (load,) = workload.school_workloads(on_duty.nurse.user)
    assert (load.n_unseen, load.n_unanswered, load.n_month) == (1, 2, 3)
    assert (load.minutes, load.longest) == (18, 30)
    people = {one.role: one for one in load.people}
    assert (people["養護教諭"].n_held, people["養護教諭"].n_called) == (1, 2)
    assert (people["養護教諭"].n_seen, people["養護教諭"].minutes) == (1, 30)
    assert (people["スクールカウンセラー"].n_held, people["スクールカウンセラー"].minutes) == (1, 1)


def test_the_page_shows_it_without_a_student(on_duty, clock, sign_in):
    help_request = send(on_duty)
    escalation.escalate_due()
    open_and_reply(help_request, on_duty.nurse)
    page = sign_in(on_duty.principal.user).get(LOAD).content.decode()
    assert "保健室の先生(養護教諭)" in page
    assert on_duty.sakura.given_name not in page


@pytest.mark.parametrize("who", ["homeroom", "officer", "helpdesk"])
def test_only_school_wide_parts_see_it(on_duty, clock, sign_in, who):
    assert sign_in(getattr(on_duty, who).user).get(LOAD).status_code == 404


def test_a_nurse_elsewhere_sees_her_own_school_alone(on_duty, clock, sign_in):
    send(on_duty)
    page = sign_in(on_duty.away_nurse.user).get(LOAD).content.decode()
    assert on_duty.school.name not in page


def test_nobody_comes_in_without_signing_in(client, db):
    assert client.get(LOAD).status_code == 302


def test_double_the_requests_cost_no_more_queries(
    on_duty, clock, sign_in, django_assert_max_num_queries
):
    desk = sign_in(on_duty.nurse.user)
    for url in (LOAD, TODAY, reverse("admin:helpline_helprequest_changelist")):
        send(on_duty)
        escalation.escalate_due()
        with django_assert_max_num_queries(100) as before:
            desk.get(url)
        send(on_duty, on_duty.ren)
        escalation.escalate_due()
        with django_assert_max_num_queries(len(before)):
            desk.get(url)


# -- the staff's first page -----------------------------------------------------------------------


def test_unseen_ones_come_first_and_looking_does_not_dismiss_them(on_duty, clock, sign_in):
    desk = sign_in(on_duty.nurse.user)
    seen, unseen = send(on_duty), send(on_duty, on_duty.ren)
    escalation.escalate_due()
    open_and_reply(seen, on_duty.counsellor)
    page = desk.get(TODAY).content.decode()
    places = [page.index(str(one.pk)) for one in (unseen, seen)]
    assert places == sorted(places)
    assert "だれも見ていません" in page
    assert "スクールカウンセラーが見ました" in page
    replies.close_request(
        seen, actor=on_duty.nurse.user, words="会って話した", form_key=uuid.uuid4()
    )
    assert str(seen.pk) not in desk.get(TODAY).content.decode()
    assert str(unseen.pk) in desk.get(TODAY).content.decode()


WARNINGS = {
    "stopped": "受け付けが止まっています。",
    "gaps": "当番に足りないところがあります。",
    "mail": "メールが届いていません。",
}


@pytest.mark.parametrize("what", WARNINGS)
def test_a_commitment_that_is_not_kept_stands_on_the_first_page(on_duty, clock, sign_in, what):
    desk = sign_in(on_duty.nurse.user)
    assert WARNINGS[what] not in desk.get(TODAY).content.decode()
    if what == "mail":
        send(on_duty)
        escalation.escalate_due()
        Call.objects.update(mail_state=CallMailState.FAILED)
    else:
        post = on_duty.principal if what == "stopped" else on_duty.counsellor
        post.ends_on = today() - timedelta(days=1)
        post.save()
    assert WARNINGS[what] in desk.get(TODAY).content.decode()


def test_a_month_without_a_drill_is_said(on_duty, clock, sign_in):
    words, desk = "この1か月、練習をしていません。", sign_in(on_duty.nurse.user)
    assert words in desk.get(TODAY).content.decode()
    drills.start_drill(on_duty.duty, by=on_duty.nurse.user, form_key=uuid.uuid4())
    assert words not in desk.get(TODAY).content.decode()
    clock.shift(timedelta(days=32))
    assert words in sign_in(on_duty.nurse.user).get(TODAY).content.decode()


def test_a_school_without_a_commitment_is_left_alone(cast, sign_in):
    factories.duty_roster(cast, on=False)
    assert "話したい: " not in sign_in(cast.nurse.user).get(TODAY).content.decode()
