"""Meetings: an agenda from picked cases, minutes and decision of each, for who may open it."""

import datetime as dt
import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.cases.models import CaseDecision, CaseMeeting, MeetingItem, MeetingMinutes, SupportCase
from apps.cases.services import (
    case_deletion,
    case_retention,
    casework,
    meeting_minutes,
    meetings,
    signs,
)
from apps.cases.services.case_writing import CannotChangeCase, written_so_far
from apps.cases.services.timeline import timeline_of
from apps.consent.models import Purpose
from apps.core.clock import today
from apps.people.models import Role
from tests import factories
from tests.records import actors_of

QUEUE = reverse("admin:cases_supportcase_changelist")
CALL = reverse("admin:cases_meeting_call")
DAY = dt.timedelta(days=1)


def url(name, meeting, number=None, *more):
    args = [meeting.pk, *more]
    if number is not None:
        item = meeting.items.filter(number=number).first()
        args.insert(1, item.pk if item else uuid.uuid4())
    return reverse(f"admin:cases_meeting_{name}", args=args)


def page_of(meeting):
    return reverse("admin:cases_casemeeting_change", args=[meeting.pk])


def text_of(client, address):
    return client.get(address).content.decode()


def minutes(item, by, **more):
    told = {"words": "校長が電話する。", "present": [], "outside": "主任児童委員"}
    return meeting_minutes.add_minutes(item, actor=by, **{"form_key": uuid.uuid4()} | told | more)


@pytest.fixture
def ren_case(watched, case):
    """A second case, of ren in the other class."""
    factories.make_effective(watched.ren, Purpose.ATTENDANCE)
    watched.absent(watched.ren, 2, 5, 9, 12, 16)
    signs.update_signs()
    return SupportCase.objects.get(student=watched.ren)


@pytest.fixture
def meeting(watched, case, ren_case):
    """Both cases, called by the nurse for today."""
    return meetings.call_meeting(
        [ren_case, case], actor=watched.nurse.user, kind="staff", held_on=today(),
        form_key=uuid.uuid4(),
    )  # fmt: skip


def test_an_agenda_is_made_of_picked_cases_once_and_for_one_school(
    watched, case, ren_case, sign_in
):
    client, homeroom = sign_in(watched.nurse.user), watched.homeroom.user
    picked = [str(case.pk), str(ren_case.pk)]
    chosen = {"action": "put_on_agenda", "_selected_action": picked}
    answer = client.post(QUEUE, chosen)
    shown = text_of(client, answer.url)
    assert answer.url.startswith(CALL) and "選んだ 2件" in shown
    assert str(watched.sakura) not in shown and "選んでください" in text_of(client, CALL)
    told = {"pick": picked, "meeting": "new", "kind": "case", "form_key": str(uuid.uuid4())}
    for held_on, sentence in (
        ("", "選んでください"), ("2026-13-01", "日付を"), ("2026-10-01", "古すぎます"),
        ("2028-01-01", "先すぎます"),
    ):  # fmt: skip
        refused = client.post(CALL, told | {"held_on": held_on})
        assert refused.status_code == 422 and sentence in refused.content.decode()
    told["held_on"] = (today() + DAY).isoformat()
    answers = {client.post(CALL, told).url for _ in range(2)}
    meeting = CaseMeeting.objects.get()
    assert answers == {page_of(meeting)} and meeting.items.count() == 2
    assert actors_of(Action.MEETING_CALLED) == [watched.nurse.user] * 2
    # another adds a case that is on it already, and one of another school is not found
    away = factories.student(factories.school_class(watched.away_school, "1年9組", "J1"), "よそ")
    far = SupportCase.objects.create(
        municipality=watched.away, school=watched.away_school, student=away
    )
    again = told | {"meeting": str(meeting.pk), "pick": [*picked, str(far.pk), "x"]}
    again = {name: again[name] for name in ("pick", "meeting")} | {"form_key": str(uuid.uuid4())}
    landed = client.post(CALL, again, follow=True).content.decode()
    assert "2件は、選んだあとに終わったか" in landed and meeting.items.count() == 2
    assert client.post(CALL, told | {"pick": [str(far.pk)]}).url == QUEUE
    with pytest.raises(CannotChangeCase, match="一つの学校"):
        meetings.call_meeting(
            [case, far], actor=homeroom, kind="case", held_on=today(), form_key=uuid.uuid4()
        )
    with pytest.raises(PermissionDenied), transaction.atomic():  # a case of another class
        meetings.call_meeting(
            [ren_case], actor=homeroom, kind="case", held_on=today(), form_key=uuid.uuid4()
        )
    assert CaseMeeting.objects.count() == 1
    # the day moves; who saw the day before that is told
    move = {"held_on": (today() + 3 * DAY).isoformat(), "seen": told["held_on"]}
    assert client.post(url("move", meeting), move).status_code == 302
    stale = client.post(url("move", meeting), {**move, "held_on": today().isoformat()})
    assert stale.status_code == 422 and "11月23日に変わりました" in stale.content.decode()
    assert client.post(url("move", meeting), move).status_code == 302  # the same day: nothing
    assert actors_of(Action.MEETING_MOVED) == [watched.nurse.user]
    with pytest.raises(CannotChangeCase, match="会議の日から"):
        minutes(meeting.items.get(number=1), watched.nurse.user)


def test_names_only_after_a_reason_and_only_of_cases_one_may_open(watched, case, meeting, sign_in):
    homeroom, nurse = sign_in(watched.homeroom.user), sign_in(watched.nurse.user)
    page, sheet = page_of(meeting), url("print", meeting)
    assert "職員会議" in text_of(homeroom, reverse("admin:cases_casemeeting_changelist"))
    for client, others in ((homeroom, 1), (nurse, 0)):
        for address in (page, sheet):
            shown = text_of(client, address)
            assert shown.count("ほかの議題</") == others and "1年1組" in shown
            assert str(watched.sakura) not in shown and str(watched.ren) not in shown
            assert ("2年1組" in shown) is (others == 0)
        assert client.get(f"{sheet}?names=1").url == page
        assert client.get(url("item", meeting, 2)).url == page
        assert client.post(url("open", meeting), {}).status_code == 422
        client.post(url("open", meeting), {"reason": "conference"})
        for address in (page, f"{sheet}?names=1"):
            shown = text_of(client, address)
            assert str(watched.sakura) in shown and (str(watched.ren) in shown) is (others == 0)
    printed = text_of(nurse, f"{sheet}?names=1")
    assert "A1" in printed and "保健室の先生(養護教諭)・2026年11月20日" in printed
    assert AuditEvent.objects.filter(
        action=Action.MEETING_PRINTED, reason_code="conference", subject_id=watched.ren.pk
    ).count() == 2  # fmt: skip
    assert homeroom.get(url("item", meeting, 1)).status_code == 404
    assert homeroom.get(url("item", meeting, 2)).status_code == 200
    case.refresh_from_db()
    assert case.state == "looking" and case.holder is None  # a meeting makes nobody the holder
    for who in ("officer", "away_nurse", "office"):
        client = sign_in(getattr(watched, who).user)
        for address in (page, sheet, url("item", meeting, 2)):
            assert client.get(address).status_code in (403, 404), (who, address)
    # a lead whose child it is reads of no item more, and misses no number
    parent = factories.make_parent(watched.principal, watched.sakura)
    lines = meetings.agenda_of(meeting, parent)
    assert [(line.number, line.case is None) for line in lines] == [(1, False)]
    assert [m.n_items for m in meetings.known_meetings(parent)] == [1]
    of_child = meetings.call_meeting(
        [case], actor=watched.nurse.user, kind="case", held_on=today(), form_key=uuid.uuid4()
    )
    assert of_child in meetings.known_meetings(watched.nurse.user)
    assert of_child not in meetings.known_meetings(parent)  # one about their child alone


def test_minutes_and_decision_stand_in_the_case_once_and_a_stale_form_writes_nothing(
    watched, case, meeting, sign_in
):
    nurse, client = watched.nurse.user, sign_in(watched.nurse.user)
    item = meeting.items.get(case=case)
    write, page = url("write", meeting, 2, "minutes"), url("item", meeting, 2)
    told = {
        "minutes-form_key": str(uuid.uuid4()), "minutes-words": "担任が朝に声をかける。",
        "minutes-present": [str(watched.nurse.pk), str(watched.officer.pk)],
        "minutes-outside": "児童相談所の職員", "seen": "1",
    }  # fmt: skip
    casework.open_case(case, actor=nurse, reason="conference", is_meeting=True)
    expired = client.post(write, told)
    assert expired.status_code == 422 and "担任が朝に" in expired.content.decode()
    assert client.post(write, told | {"reason": "conference"}).status_code == 302
    assert client.post(write, told).status_code == 302
    row = MeetingMinutes.objects.get()
    assert "担任".encode() not in bytes(row.sealed) and actors_of(Action.MEETING_MINUTED) == [nurse]
    for bad, sentence in (
        ({"minutes-words": "あ" * 10_000}, "2000"), ({"minutes-words": " "}, "言葉を"),
        ({"minutes-present": [], "minutes-outside": ""}, "いた人"),
        ({"minutes-present": [str(watched.away_nurse.pk)]}, "学校と市の職員"),
        ({}, "記録が入りました"),
    ):  # fmt: skip
        sent = told | {"minutes-form_key": str(uuid.uuid4())} | bad
        refused = client.post(write, sent)
        assert refused.status_code == 422 and sentence in refused.content.decode(), sentence
    assert "書いているあいだに入りました" in refused.content.decode()
    shown = text_of(client, page)
    checked = re.search(rf'value="{watched.officer.pk}"[^>]*checked', shown)
    assert checked and "前の記録を直す" in shown  # who was there is offered again
    corrected = told | {
        "minutes-form_key": str(uuid.uuid4()), "minutes-words": "朝と昼に声をかける。",
        "minutes-corrects": "on", "seen": written_so_far(case, nurse),
    }  # fmt: skip
    assert client.post(write, corrected).status_code == 302
    # the decision, in the same place, through the same service
    decide = url("write", meeting, 2, "decide")
    judged = {
        "decide-form_key": str(uuid.uuid4()), "decide-judgement": "nothing",
        "decide-words": "落ちついた。", "seen": "1",
    }  # fmt: skip
    stale = client.post(decide, judged)
    assert stale.status_code == 422 and "落ちついた。" in stale.content.decode()
    judged["seen"] = written_so_far(case, nurse)
    assert {client.post(decide, judged).status_code for _ in range(2)} == {302}
    case.refresh_from_db()
    assert CaseDecision.objects.count() == 1 and case.state == "closed"
    late = {**judged, "decide-form_key": str(uuid.uuid4()), "seen": written_so_far(case, nurse)}
    assert "このケースは終わっています" in client.post(decide, late).content.decode()
    minutes(item, nurse, words="あとで分かったこと。", corrects=True)  # also when it is over
    with pytest.raises(CannotChangeCase, match="まだありません"):
        minutes(meeting.items.get(number=1), nurse, corrects=True)
    with pytest.raises(CannotChangeCase, match="日は変えられません"):
        meetings.move_meeting(meeting, actor=nurse, held_on=today() + DAY, seen=today().isoformat())
    for change in (lambda: row.delete(), lambda: MeetingItem.objects.update(number=9)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    # each stands in the timeline of its case, and in no other
    opened = casework.open_case(case, actor=watched.counsellor.user, reason="meeting")
    lines = {entry.what: entry.lines for entry in timeline_of(opened)}
    assert lines["会議の議題"] == [("", "職員会議 2026年11月20日")]
    found = [entry.lines for entry in timeline_of(opened) if entry.what == "会議の記録"]
    assert found[-1][1:] == [
        ("いた人", "保健室の先生(養護教諭)・市の担当(市の担当者)・児童相談所の職員"),
        ("話したこと", "担任が朝に声をかける。"),
    ] and len(found) == 3  # fmt: skip
    assert "直したもの" in str(found[0]) and "朝と昼に" in text_of(client, page_of(meeting))
    assert client.post(url("write", meeting, 2, "close"), judged).status_code == 404
    assert client.post(url("write", meeting, 9, "decide"), judged).status_code == 404


def test_a_meeting_is_deleted_with_its_last_case(watched, case, ren_case, meeting, time_machine):
    nurse = watched.nurse.user
    privacy = factories.staff_post(Role.PRIVACY, of=watched.city, name="個人情報の担当").user
    row = case_retention.ask_retention(
        watched.city, by=watched.officer.user, years=3, protective_years=5
    )
    case_retention.confirm_retention(row, by=privacy)
    for one, days in ((case, 0), (ren_case, 400)):
        time_machine.shift(dt.timedelta(days=days))
        one.refresh_from_db()
        casework.open_case(one, actor=nurse, reason="conference")
        casework.add_decision(
            one, actor=nurse, judgement="nothing", words="終わる。", form_key=uuid.uuid4()
        )
        minutes(meeting.items.get(case=one), nurse)
    time_machine.shift(dt.timedelta(days=3 * 366 - 400))
    assert case_deletion.delete_ended_casework() == 1
    assert meeting.items.count() == 1 and MeetingMinutes.objects.count() == 1
    time_machine.shift(dt.timedelta(days=410))
    assert case_deletion.delete_ended_casework() == 1
    for model in (CaseMeeting, MeetingItem, MeetingMinutes):
        assert model.objects.count() == 0, model
