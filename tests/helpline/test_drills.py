"""Drills: the whole escalation, timed, without a student."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.helpline.models import Call, Drill, HelpReader, HelpRequest
from apps.helpline.services import call_mails, drills, escalation, replies, workload
from tests import factories
from tests.records import actors_of

DRILLS = reverse("admin:helpline_drills")


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-24T10:00+09:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def drill(on_duty, clock):
    return drills.start_drill(on_duty.duty, by=on_duty.nurse.user, form_key=uuid.uuid4())


def start_url(c):
    return reverse("admin:helpline_drill_start", args=[c.duty.pk])


def page_url(drill):
    return reverse("admin:helpline_drill", args=[drill.pk])


def run(clock, *minutes):
    for wait in minutes:
        clock.shift(timedelta(minutes=wait))
        escalation.escalate_due()
        call_mails.send_call_mails()


def test_a_drill_runs_the_whole_escalation_and_shows_the_time_of_each_step(on_duty, clock, sign_in):
    desk = sign_in(on_duty.nurse.user)
    answer = desk.post(start_url(on_duty), {"form_key": uuid.uuid4()})
    drill = Drill.objects.get()
    assert answer.url == page_url(drill)
    run(clock, 0, 5, 10, 15, 30)
    drill.refresh_from_db()
    assert [step.kind for step in drill.steps.all()] == ["first", "second", "last", "all"]
    page = sign_in(on_duty.nurse.user).get(page_url(drill)).content.decode()  # an hour later
    for at in ("10:00:00", "10:05:00", "10:15:00", "10:30:00"):
        assert at in page
    assert len(mail.outbox) == 6
    assert all("【練習】" in sent.subject for sent in mail.outbox)
    assert AuditEvent.objects.filter(action=Action.DRILL_STEP).count() == 4
    assert actors_of(Action.DRILL_STARTED) == [on_duty.nurse.user]


def test_a_drill_goes_on_although_somebody_looked_and_times_each_person(
    on_duty, drill, clock, sign_in
):
    run(clock, 0)
    clock.shift(timedelta(minutes=2))
    desk = sign_in(on_duty.nurse.user)
    assert "見ました</button>" in desk.get(page_url(drill)).content.decode()
    assert desk.post(page_url(drill), {"do": "look"}).status_code == 302
    assert Call.objects.get().looked_at - Call.objects.get().called_at == timedelta(minutes=2)
    assert "見ました</button>" not in desk.get(page_url(drill)).content.decode()
    run(clock, 3)
    assert drill.steps.get(number=2).done_at is not None


def test_a_drill_is_no_student_to_anybody(on_duty, drill, clock, sign_in):
    run(clock, 0, 30)
    assert not HelpRequest.objects.exists()
    assert not HelpReader.objects.exists()
    assert not AuditEvent.objects.exclude(subject_id=None).filter(thing__contains="Drill").exists()
    assert not replies.requests_waiting_for(on_duty.nurse.user).exists()
    (load,) = workload.school_workloads(on_duty.nurse.user)
    assert (load.n_unseen, load.n_month, load.people) == (0, 0, [])
    desk = sign_in(on_duty.nurse.user)
    today = desk.get(reverse("admin:index")).content.decode()
    assert "の生徒" not in today
    assert "練習のお知らせが届いています。" in today
    assert sign_in(on_duty.sakura.user).get(reverse("helpline:status")).status_code == 302


def test_a_quick_drill_takes_three_minutes(on_duty, clock, sign_in):
    data = {"form_key": uuid.uuid4(), "quick": "on"}
    sign_in(on_duty.nurse.user).post(start_url(on_duty), data)
    run(clock, 0, 1, 1, 1)
    assert Drill.objects.get().ended_at is not None


def test_at_night_a_drill_waits_like_everything_else(on_duty, clock):
    clock.move_to("2026-11-24T20:00+09:00")
    drills.start_drill(on_duty.duty, by=on_duty.nurse.user, form_key=uuid.uuid4())
    run(clock, 60)
    assert not Call.objects.exists()
    run(clock, 11 * 60 + 30)
    assert Call.objects.count() == 1


def test_one_drill_at_a_time_and_the_same_form_once(on_duty, clock, sign_in):
    desk, data = sign_in(on_duty.nurse.user), {"form_key": uuid.uuid4()}
    for _ in range(2):
        assert desk.post(start_url(on_duty), data).url == page_url(Drill.objects.get())
    again = desk.post(start_url(on_duty), {"form_key": uuid.uuid4()}, follow=True)
    assert "練習のとちゅうです" in again.content.decode()
    assert Drill.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Drill.objects.create(
            municipality=on_duty.city, school=on_duty.school, form_key=uuid.uuid4(),
            started_by=on_duty.nurse.user, second_after=1, last_after=2, all_after=3,
        )  # fmt: skip


def test_a_drill_can_be_ended_before_its_time(on_duty, drill, clock, sign_in):
    run(clock, 0)
    sign_in(on_duty.principal.user).post(page_url(drill), {"do": "end"})
    run(clock, 60)
    assert Call.objects.count() == 1
    assert AuditEvent.objects.filter(action=Action.DRILL_ENDED).count() == 1


def test_without_people_there_is_nothing_to_practise(cast, sign_in):
    cast.duty = factories.duty_roster(cast, on=False)
    cast.duty.last = None
    cast.duty.save()
    answer = sign_in(cast.nurse.user).post(start_url(cast), {"form_key": uuid.uuid4()}, follow=True)
    assert "決めてから、練習してください。" in answer.content.decode()
    assert not Drill.objects.exists()


# -- permissions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "start", "look"),
    [("homeroom", 404, 404), ("officer", 404, 404), ("away_nurse", 404, 404)],
)
def test_others_neither_start_nor_see_a_drill(on_duty, drill, clock, sign_in, who, start, look):
    desk = sign_in(getattr(on_duty, who).user)
    assert desk.post(start_url(on_duty), {"form_key": uuid.uuid4()}).status_code == start
    assert desk.get(page_url(drill)).status_code == look
    assert desk.post(page_url(drill), {"do": "end"}).status_code == look
    drill.refresh_from_db()
    assert drill.ended_at is None


def test_drill_pages_need_signing_in_and_a_form(on_duty, drill, clock, client, sign_in):
    for url in (DRILLS, page_url(drill), start_url(on_duty)):
        assert client.get(url).status_code == 302
    desk = sign_in(on_duty.nurse.user)
    assert desk.get(start_url(on_duty)).status_code == 405
    desk.post(start_url(on_duty), {"form_key": "x"})
    assert Drill.objects.count() == 1


def test_more_drills_cost_no_more_queries(on_duty, clock, sign_in, django_assert_max_num_queries):
    def queries(n_drills):
        for _ in range(n_drills):
            drills.start_drill(
                on_duty.duty, by=on_duty.nurse.user, form_key=uuid.uuid4(), quick=True
            )
            run(clock, 0, 60)
        desk = sign_in(on_duty.nurse.user)  # an hour later the sign-in before is over
        desk.get(DRILLS)
        with django_assert_max_num_queries(100) as captured:
            page = desk.get(DRILLS).content.decode()
        assert all(page_url(drill) in page for drill in Drill.objects.all())
        return len(captured)

    one = queries(1)
    assert queries(3) <= one
