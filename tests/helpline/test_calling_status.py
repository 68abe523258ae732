"""Students are told honestly when escalation is not running, by its heartbeat."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from apps.core import clock
from apps.core.models import Heartbeat
from apps.helpline import tasks, words
from apps.helpline.models import EscalationStep, HelpRequest
from apps.helpline.services import calling_status, help_requests
from apps.push.tasks import deliver_due
from kaga_portal.schedule import HEARTBEAT_TASKS, beat_schedule

ASK, STATUS = reverse("helpline:ask"), reverse("helpline:status")
HALTED = "しくみが とまって"
LINES = "0120-0-78310"
IN_HOURS = "2026-11-20T10:00+09:00"


@pytest.fixture
def dead(on_duty, real_heartbeats, time_machine):
    """In duty hours, the last escalation run was an hour ago."""
    time_machine.move_to(IN_HOURS, tick=False)
    for name in HEARTBEAT_TASKS:
        Heartbeat.objects.create(
            name=name, beat_at=clock.now() - timedelta(hours=1), late_at=clock.now()
        )
    return on_duty


def run_by_the_clock():
    tasks.escalate(every_s=15)
    tasks.deliver_mail(every_s=15)
    deliver_due(every_s=15)


def form():
    return {"wanted": "nurse", "form_key": uuid.uuid4(), "topic": "", "words": ""}


def test_the_form_tells_the_truth_with_the_phone_lines_and_still_sends(dead, sign_in):
    client = sign_in(dead.sakura.user)
    page = client.get(ASK).content.decode()
    assert HALTED in page and LINES in page
    assert "が ｜見《み》ます" not in page and "つぎの" not in page
    assert client.post(ASK, form()).status_code == 302
    assert HelpRequest.objects.filter(student=dead.sakura, state="sent").exists()


def test_the_status_page_tells_that_nobody_is_being_called(dead, sign_in):
    help_requests.send_help_request(student=dead.sakura, wanted="nurse", form_key=uuid.uuid4())
    page = sign_in(dead.sakura.user).get(STATUS).content.decode()
    assert HALTED in page
    shown = re.sub(r"(?s)<template.*?</template>", "", page)  # those pages are not shown yet
    assert shown.count(LINES) == 1


def test_a_scheduled_run_gives_the_commitment_again(dead, sign_in):
    run_by_the_clock()
    assert not calling_status.is_calling_halted()
    page = sign_in(dead.sakura.user).get(ASK).content.decode()
    assert HALTED not in page


def test_a_run_that_somebody_asked_for_says_nothing_about_the_clock(dead):
    tasks.escalate()  # a worker lives, the beat does not: the next steps would not be done
    assert calling_status.is_calling_halted()


def test_a_run_that_fails_is_no_heartbeat(dead, monkeypatch):
    def fails():
        raise RuntimeError

    monkeypatch.setattr(EscalationStep.objects, "due", fails)
    with pytest.raises(RuntimeError):
        tasks.escalate(every_s=15)
    assert calling_status.is_calling_halted()


def test_it_is_late_after_three_intervals_and_the_longest_task(dead, time_machine):
    run_by_the_clock()
    time_machine.shift(timedelta(seconds=3 * 15 + 90 - 1))
    assert not calling_status.is_calling_halted()
    time_machine.shift(timedelta(seconds=2))
    assert calling_status.is_calling_halted()


def test_nobody_is_called_while_neither_mails_nor_pushes_go_out(dead):
    tasks.escalate(every_s=15)
    assert calling_status.is_calling_halted()
    tasks.deliver_mail(every_s=15)
    assert not calling_status.is_calling_halted()


def test_without_any_run_yet_nothing_is_promised(on_duty, real_heartbeats):
    assert calling_status.is_calling_halted()


def test_staff_read_it_on_their_first_page_and_on_the_duty_page(dead, sign_in):
    desk = sign_in(dead.principal.user)
    assert "自動の呼び出しが止まっています" in desk.get(reverse("admin:index")).content.decode()
    duty = reverse("admin:helpline_dutyroster_change", args=[dead.duty.pk])
    assert "自動の呼び出しが止まっています" in desk.get(duty).content.decode()
    run_by_the_clock()
    for url in (reverse("admin:index"), duty):
        assert "自動の呼び出しが止まっています" not in desk.get(url).content.decode()


def test_who_sends_notices_reads_that_pushes_and_planned_notices_stand_still(dead, sign_in):
    page = sign_in(dead.officer.user).get(reverse("admin:index")).content.decode()
    assert "端末への通知を送るしくみが止まっています" in page
    assert "予約した時刻に出すしくみが止まっています" in page


def test_the_schedule_tells_each_beating_task_its_interval():
    entries = beat_schedule(is_quick=False)
    assert {name for name, entry in entries.items() if entry["kwargs"]} == set(HEARTBEAT_TASKS)
    for name in HEARTBEAT_TASKS:
        assert entries[name]["kwargs"] == {"every_s": entries[name]["schedule"]}


def test_the_words_of_the_standstill_are_among_those_that_are_approved():
    with translation.override("ja-easy"):
        halted = {str(sentence) for sentence in words.HALTED}
    assert halted <= set(words.all_student_sentences(5))
