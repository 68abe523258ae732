"""Escalation calls first, second, last, all; each step once, in duty hours, until somebody looks."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from apps.audit.models import Action, Audience, AuditEvent
from apps.core.clock import today
from apps.helpline.models import Call, EscalationStep, EscalationStepState, HelpRequest
from apps.helpline.services import duty_rosters, escalation, help_requests, replies
from apps.people.models import SchoolBreak
from apps.push.models import Broadcast
from apps.vault.services.sealed_content import OpeningReason
from tests.helpline.escalation_helpers import STATUS, called, send
from tests.ruby_readings import kanji_without_reading


def later(clock, **span):
    clock.shift(timedelta(**span))
    return escalation.escalate_due()


def test_it_escalates_step_by_step_and_each_step_is_on_record(on_duty, clock):
    help_request = send(on_duty)
    assert escalation.escalate_due() == 1
    assert called(help_request) == [("first", ["nurse"])]
    assert later(clock, minutes=4) == 0
    assert later(clock, minutes=1) == 1
    assert later(clock, minutes=10) == 1
    assert later(clock, minutes=15) == 1
    assert called(help_request)[1:] == [
        ("second", ["counsellor"]), ("last", ["principal"]),
        ("all", ["nurse", "counsellor", "principal"]),
    ]  # fmt: skip
    events = AuditEvent.objects.filter(action=Action.HELP_ESCALATED).order_by("id")
    assert [event.fields for event in events] == [["first"], ["second"], ["last"], ["all"]]
    assert {event.audience for event in events} == {Audience.PROTECTIVE}
    assert {event.subject_id for event in events} == {on_duty.sakura.pk}


def test_after_the_last_row_everybody_is_told_whenever_hours_begin(on_duty, clock):
    help_request = send(on_duty)
    later(clock, hours=1)
    assert later(clock, hours=12) == 0  # night
    assert later(clock, hours=10) == 1  # 9:00 the next morning
    assert later(clock, days=1) == 1
    assert [kind for kind, _ in called(help_request)] == [
        "first",
        "second",
        "last",
        "all",
        "all",
        "all",
    ]


def test_a_worker_that_was_away_catches_up_at_once_and_each_step_once(on_duty, clock):
    help_request = send(on_duty)
    assert later(clock, minutes=40) == 4
    assert escalation.escalate_due() == 0
    assert [kind for kind, _ in called(help_request)] == ["first", "second", "last", "all"]


def test_looking_ends_the_calls(on_duty, clock):
    help_request = send(on_duty)
    escalation.escalate_due()
    replies.open_request(help_request, actor=on_duty.nurse.user, reason=OpeningReason.STUDENT_ASKED)
    assert [s.state for s in help_request.steps.all()] == [
        EscalationStepState.DONE,
        EscalationStepState.SKIPPED,
    ]
    assert later(clock, hours=30) == 0
    help_request.refresh_from_db()
    assert help_request.seen_by == on_duty.nurse.user
    assert Call.objects.get().looked_at == help_request.seen_at


def test_a_worker_looks_at_the_request_again_before_it_calls(on_duty, clock):
    help_request = send(on_duty)
    HelpRequest.objects.update(state="cancelled")  # between the worker's two looks
    assert escalation.escalate_due() == 0
    assert not Call.objects.exists()
    assert help_request.steps.get().state == EscalationStepState.SKIPPED


def test_taking_back_ends_the_calls(on_duty, clock):
    help_request = send(on_duty)
    help_requests.cancel_help_request(help_request, by=on_duty.sakura.user)
    assert later(clock, hours=1) == 0
    assert not Call.objects.exists()


def test_at_night_nobody_is_called_before_the_morning(on_duty, clock):
    clock.move_to("2026-11-24T20:00+09:00")
    send(on_duty)
    assert escalation.escalate_due() == 0
    assert later(clock, hours=12) == 0  # 8:00
    assert later(clock, minutes=30) == 1


def test_a_day_off_written_down_afterwards_waits_too(on_duty, clock):
    clock.move_to("2026-11-24T20:00+09:00")
    send(on_duty)
    SchoolBreak.objects.create(
        municipality=on_duty.city, school=on_duty.school, title="振替休日",
        begins_on="2026-11-25", ends_on="2026-11-25",
    )  # fmt: skip
    assert later(clock, hours=14) == 0
    clock.move_to("2026-11-26T08:30+09:00")
    assert escalation.escalate_due() == 1


def test_changed_hours_plan_the_waiting_step_anew(
    on_duty, clock, django_capture_on_commit_callbacks
):
    clock.move_to("2026-11-24T20:00+09:00")
    help_request = send(on_duty)
    on_duty.duty.hours.filter(weekday=2).update(opens_at="07:30")
    with django_capture_on_commit_callbacks(execute=True):
        duty_rosters.save_roster(on_duty.duty, by=on_duty.principal.user, fields=[])
    assert help_request.steps.get().due_at.astimezone().hour == 7


def test_a_break_taken_out_of_the_calendar_is_no_longer_waited_for(on_duty, clock):
    row = SchoolBreak.objects.create(
        municipality=on_duty.city, school=on_duty.school, title="まちがい",
        begins_on="2026-11-24", ends_on="2026-11-27",
    )  # fmt: skip
    help_request = send(on_duty)
    assert help_request.steps.get().due_at.astimezone().day == 30
    row.delete()
    assert duty_rosters.replan_all_steps() == 1
    assert escalation.escalate_due() == 1


def test_five_unseen_requests_are_enough_and_the_page_says_where_else(on_duty, clock, sign_in):
    for _ in range(5):
        send(on_duty)
    data = {"form_key": uuid.uuid4(), "wanted": "nurse"}
    page = sign_in(on_duty.sakura.user).post(reverse("helpline:ask"), data)
    assert page.status_code == 422
    assert "もう5つとどいています。" in text(page)
    assert "0120-0-78310" in text(page)
    assert kanji_without_reading(page.content.decode()) == []
    assert HelpRequest.objects.count() == 5
    replies.open_request(
        HelpRequest.objects.first(), actor=on_duty.nurse.user, reason=OpeningReason.SAFETY
    )
    send(on_duty)


def test_a_school_that_is_switched_off_still_takes_care_of_what_was_sent(on_duty, clock):
    help_request = send(on_duty)
    duty_rosters.switch_off(on_duty.duty, by=on_duty.principal.user)
    assert later(clock, minutes=20) == 3
    assert called(help_request)[-1] == ("last", ["principal"])


def test_whom_nobody_replaced_is_passed_over(on_duty, clock):
    help_request = send(on_duty)
    for post in (on_duty.nurse, on_duty.principal):
        post.ends_on = today() - timedelta(days=400)
        post.save()
    assert later(clock, minutes=20) == 3
    roles = [roles for _, roles in called(help_request)]
    assert all(roles)
    assert set(sum(roles, [])) <= {"counsellor", "homeroom"}


def test_one_step_that_fails_does_not_keep_the_others_waiting(on_duty, clock, monkeypatch):
    broken, fine = send(on_duty), send(on_duty, on_duty.ren)
    plain = escalation._call

    def call(step, subject, *rest):
        if subject.row == broken:
            raise RuntimeError("poison")
        plain(step, subject, *rest)

    monkeypatch.setattr(escalation, "_call", call)
    assert escalation.escalate_due() == 1
    assert called(fine)
    assert not called(broken)
    monkeypatch.undo()
    assert later(clock, minutes=5) >= 1
    assert called(broken)


def test_the_database_keeps_one_waiting_step_and_no_step_before_its_time(on_duty, clock):
    help_request = send(on_duty)
    step = help_request.steps.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        EscalationStep.objects.create(
            municipality=on_duty.city,
            request=help_request,
            number=2,
            kind="second",
            due_at=step.due_at,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        EscalationStep.objects.update(state="done", done_at=step.due_at - timedelta(seconds=1))


def test_the_push_message_and_its_page_are_for_the_one_who_was_called(on_duty, clock, sign_in):
    help_request = send(on_duty)
    later(clock, minutes=5)
    broadcast = Broadcast.objects.get(user_ids=[on_duty.counsellor.user.pk])
    assert broadcast.is_urgent
    assert broadcast.path == reverse("admin:helpline_open", args=[help_request.pk])
    assert sign_in(on_duty.counsellor.user).get(broadcast.path).status_code == 200


# -- whom the student chose -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "roles"),
    [
        ("counsellor", ["counsellor"]), ("nurse", ["nurse"]), ("homeroom", ["homeroom"]),
        ("anyone", ["nurse"]), ("other", ["nurse"]),
    ],
)  # fmt: skip
def test_the_chosen_role_is_told_and_nobody_else(on_duty, clock, wanted, roles):
    help_request = send(on_duty, wanted=wanted)
    escalation.escalate_due()
    assert called(help_request) == [("first", roles)]


# -- what the student reads -----------------------------------------------------------------------


def text(answer):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "", answer.content.decode())


def test_the_student_reads_the_truth_at_every_step(on_duty, clock, sign_in):
    student = sign_in(on_duty.sakura.user)
    help_request = send(on_duty)
    assert "まだだれも見ていません" in text(student.get(STATUS))
    escalation.escalate_due()
    page = text(student.get(STATUS))
    assert "保健室の先生に知らせました" in page
    assert "きょう10:05ごろまでにだれも見ないときは、つぎの人にも知らせます。" in page
    later(clock, minutes=5)
    page = text(student.get(STATUS))
    assert "まだだれも見ていません。つぎの人にも知らせています。" in page
    assert "スクールカウンセラーに知らせました" in page
    later(clock, minutes=40)
    answer = student.get(STATUS)
    assert "全員にもう一度知らせます。" in text(answer)
    assert kanji_without_reading(answer.content.decode()) == []
    replies.open_request(
        help_request, actor=on_duty.principal.user, reason=OpeningReason.STUDENT_ASKED
    )
    page = text(student.get(STATUS))
    assert "校長先生か教頭先生が見ました" in page
    assert "きょう10:45" in page
    assert "つぎの人にも知らせて" not in page


def test_an_earlier_request_keeps_its_own_page(on_duty, clock, sign_in):
    student = sign_in(on_duty.sakura.user)
    first = send(on_duty)
    clock.shift(60)
    send(on_duty)
    url = reverse("helpline:one", args=[first.pk])
    assert url in student.get(STATUS).content.decode()
    replies.send_reply(first, actor=on_duty.nurse.user, words="まってるよ", form_key=uuid.uuid4())
    assert "まってるよ" in text(student.get(url))
    assert "まってるよ" not in text(student.get(STATUS))
    assert sign_in(on_duty.ren.user).get(url).status_code == 404
    assert student.post(url).status_code == 405


def test_more_requests_cost_the_worker_no_more_queries_each(on_duty, clock):
    def queries(n):
        for _ in range(n):
            send(on_duty)
        with connection.execute_wrapper(count := _Count()):
            escalation.escalate_due()
        return count.n / n

    one = queries(1)
    assert queries(4) <= one


class _Count:
    n = 0

    def __call__(self, execute, *args):
        self.n += 1
        return execute(*args)
