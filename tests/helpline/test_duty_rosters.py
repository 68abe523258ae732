"""A duty roster is not switched on without two contacts, a last responder, hours and approval."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core.clock import today
from apps.helpline import words as wording
from apps.helpline.models import DutyApproval, DutyRoster
from apps.helpline.services import duty_reduction, duty_rosters, transitions
from apps.people.models import SchoolBreak
from apps.people.services.pending_acts import confirm
from tests import factories
from tests.people.act_scenarios import duty_form, propose, the_act

ADD = reverse("admin:helpline_dutyroster_add")
LIST = reverse("admin:helpline_dutyroster_changelist")


def change(roster):
    return reverse("admin:helpline_dutyroster_change", args=[roster.pk])


def switch(roster):
    return reverse("admin:helpline_switch", args=[roster.pk])


def approve(roster):
    return reverse("admin:helpline_approve", args=[roster.pk])


def form(c, hours=(("0", "08:30", "16:30"),), people=(), **more):
    data = {
        "school": c.school.pk, "first": c.nurse.user_id, "second": c.counsellor.user_id,
        "last": c.principal.user_id, "second_after": 5, "last_after": 15, "all_after": 30,
        "hours-TOTAL_FORMS": len(hours), "hours-INITIAL_FORMS": 0,
        "people-TOTAL_FORMS": len(people), "people-INITIAL_FORMS": 0,
    }  # fmt: skip
    for n, (weekday, opens, closes) in enumerate(hours):
        data |= {f"hours-{n}-weekday": weekday, f"hours-{n}-opens_at": opens,
                 f"hours-{n}-closes_at": closes}  # fmt: skip
    for n, row in enumerate(people):
        data |= {f"people-{n}-{name}": value for name, value in row.items()}
    return {**data, **more}


def messages_of(answer):
    return answer.content.decode()


# -- switching on ---------------------------------------------------------------------------------


def test_the_principal_makes_a_roster_approves_it_and_switches_it_on(cast, sign_in):
    desk = sign_in(cast.principal.user)
    assert desk.post(ADD, form(cast)).status_code == 302
    roster = DutyRoster.objects.get()
    assert not roster.is_on
    facts = {"name": "山中 律", "role": "counsellor", "approved_on": today(), "has_read": "on"}
    assert desk.post(approve(roster), facts).status_code == 302
    assert "受け付けを始めました。" in messages_of(
        desk.post(switch(roster), {"to": "on"}, follow=True)
    )
    roster.refresh_from_db()
    assert (roster.is_on, roster.approval.name) == (True, "山中 律")
    assert duty_rosters.active_roster(cast.school) == roster
    fields = AuditEvent.objects.filter(action=Action.RECORD_CHANGED).values_list(
        "fields", flat=True
    )
    assert ["is_on"] in list(fields)
    assert ["approval"] in list(fields)


GAPS = {
    "second": ("second", None, "つぎの人を決めてください。"),
    "last": ("last", None, "さいごの人を決めてください。"),
    "first": ("first", None, "はじめの人を決めてください。"),
    "approval": ("approval", None, "確認を記録してください。"),
}


@pytest.mark.parametrize("gap", GAPS)
def test_a_commitment_nobody_can_keep_is_refused_with_a_sentence(cast, sign_in, gap):
    name, value, sentence = GAPS[gap]
    roster = factories.duty_roster(cast, on=False)
    DutyRoster.objects.update(**{name: value})
    answer = sign_in(cast.principal.user).post(switch(roster), {"to": "on"}, follow=True)
    assert sentence in messages_of(answer)
    roster.refresh_from_db()
    assert not roster.is_on
    with pytest.raises(IntegrityError), transaction.atomic():
        DutyRoster.objects.update(is_on=True)


def test_without_hours_the_service_and_the_database_refuse(cast):
    roster = factories.duty_roster(cast, on=False, weekdays=())
    with pytest.raises(transitions.DutyCommitmentRefused, match="見る時間を、曜日ごとに"):
        duty_rosters.switch_on(roster, by=cast.principal.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        DutyRoster.objects.update(is_on=True)
        connection.check_constraints()


def test_the_last_hours_of_a_roster_that_is_on_cannot_be_taken_away(cast):
    roster = factories.duty_roster(cast, weekdays=(0, 1))
    roster.hours.filter(weekday=0).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        roster.hours.all().delete()
        connection.check_constraints()


def test_who_left_the_school_or_cannot_be_told_is_no_contact(cast):
    roster = factories.duty_roster(cast, on=False)
    cast.counsellor.ends_on = today() - timedelta(days=1)
    cast.counsellor.save()
    cast.nurse.user.email = ""
    cast.nurse.user.save()
    sentences = "".join(duty_rosters.missing_requirements(DutyRoster.objects.get(pk=roster.pk)))
    assert "つぎの人は、いまこの学校の担当ではありません" in sentences
    assert "はじめの人に知らせる方法がありません" in sentences


def test_changed_words_need_a_new_approval(cast, monkeypatch):
    roster = factories.duty_roster(cast, on=False)
    monkeypatch.setattr(wording, "WORDS_VERSION", "2099-01")
    with pytest.raises(transitions.DutyCommitmentRefused, match="文言が変わりました"):
        duty_rosters.switch_on(roster, by=cast.principal.user)


def test_hours_that_all_fall_on_breaks_are_no_hours(cast):
    roster = factories.duty_roster(cast, on=False)
    SchoolBreak.objects.create(
        municipality=cast.city, school=cast.school, title="休校",
        begins_on=today(), ends_on=today() + timedelta(days=500),
    )  # fmt: skip
    with pytest.raises(transitions.DutyCommitmentRefused, match="すべて休みの日"):
        duty_rosters.switch_on(roster, by=cast.principal.user)


# -- while it is on -------------------------------------------------------------------------------


def test_when_the_last_responder_leaves_nothing_more_is_promised(on_duty, sign_in):
    on_duty.principal.ends_on = today() - timedelta(days=1)
    on_duty.principal.save()
    assert duty_rosters.active_roster(on_duty.school) is None
    page = sign_in(on_duty.sakura.user).get(reverse("helpline:ask"))
    assert "<textarea" not in messages_of(page)


def test_requests_are_taken_until_a_second_person_agrees_to_switch_off(on_duty, sign_in):
    desk = sign_in(on_duty.principal.user)
    propose(desk, desk.post(switch(on_duty.duty), {"to": "off"}))
    duty_reduction.carry_out_duty_acts()
    assert duty_rosters.active_roster(on_duty.school) is not None
    confirm(the_act(), by=on_duty.nurse.user)
    duty_reduction.carry_out_duty_acts()
    assert duty_rosters.active_roster(on_duty.school) is None


def test_a_roster_that_is_on_cannot_lose_a_contact_or_its_hours(on_duty, sign_in):
    desk, rows = sign_in(on_duty.principal.user), list(on_duty.duty.hours.all())
    gone = {f"hours-{n}-id": row.pk for n, row in enumerate(rows)}
    gone |= {f"hours-{n}-DELETE": "on" for n in range(5)}
    gone |= {f"hours-{n}-roster": on_duty.duty.pk for n in range(5)}
    hours = [(str(row.weekday), row.opens_at, row.closes_at) for row in rows]
    data = form(on_duty, hours=hours) | gone | {"hours-INITIAL_FORMS": 5}
    page = desk.post(change(on_duty.duty), data)
    assert "見る時間をすべて消すことはできません。" in messages_of(page)
    assert on_duty.duty.hours.count() == 5
    page = desk.post(change(on_duty.duty), form(on_duty, hours=(), last=""))
    assert "空にできません。" in messages_of(page)
    with pytest.raises(transitions.DutyCommitmentRefused):
        on_duty.duty.last = None
        duty_rosters.save_roster(on_duty.duty, by=on_duty.principal.user, fields=["last"])


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"second": "nurse"}, "それぞれ別の人にしてください。"),
        ({"last": "nurse"}, "それぞれ別の人にしてください。"),
        ({"last_after": 5}, "の順に長くしてください。"),
        ({"second_after": 0}, "1 以上"),
        ({"all_after": 999}, "480 以下"),
    ],
)
def test_a_roster_that_makes_no_sense_is_refused_with_a_sentence(cast, sign_in, more, sentence):
    more = {k: cast.nurse.user_id if v == "nurse" else v for k, v in more.items()}
    page = sign_in(cast.principal.user).post(ADD, form(cast, **more))
    assert sentence in messages_of(page)
    assert not DutyRoster.objects.exists()


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        ([("0", "16:30", "08:30")], "はじまりより後にしてください。"),
        ([("0", "08:30", "12:00"), ("0", "13:00", "16:00")], "重複したデータ"),
        ([("9", "08:30", "12:00")], "正しく選択してください"),
    ],
)
def test_hours_that_make_no_sense_are_refused(cast, sign_in, hours, sentence):
    page = sign_in(cast.principal.user).post(ADD, form(cast, hours=hours))
    assert page.status_code == 422
    assert sentence in messages_of(page)
    assert not DutyRoster.objects.exists()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"is_listed": "on", "shown_name": ""}, "見せる名前を書いてください。"),
        ({"is_listed": "on", "shown_name": "山代先生"}, "漢字には読みを付けてください。"),
    ],
)
def test_a_name_students_read_is_there_and_carries_its_readings(cast, sign_in, row, sentence):
    person = {"person": cast.homeroom.user_id, "answers_as": "other", **row}
    page = sign_in(cast.principal.user).post(ADD, form(cast, people=[person]))
    assert sentence in messages_of(page)
    assert not DutyRoster.objects.exists()


def test_another_school_cannot_be_chosen(cast, sign_in):
    for wrong in ({"school": cast.away_school.pk}, {"first": cast.away_nurse.user_id}):
        assert sign_in(cast.principal.user).post(ADD, form(cast, **wrong)).status_code == 422
    person = {"person": cast.away_nurse.user_id, "answers_as": "other"}
    page = sign_in(cast.principal.user).post(ADD, form(cast, people=[person]))
    assert page.status_code == 422
    assert not DutyRoster.objects.exists()


@pytest.mark.parametrize(
    "bad", [{"name": ""}, {"role": "principal"}, {"approved_on": "x"}, {"has_read": ""}]
)
def test_an_approval_without_a_name_a_part_a_day_or_a_reading_is_none(cast, sign_in, bad):
    roster = factories.duty_roster(cast, on=False)
    before = DutyApproval.objects.count()
    facts = {"name": "山中", "role": "nurse", "approved_on": today(), "has_read": "on", **bad}
    assert sign_in(cast.principal.user).post(approve(roster), facts).status_code == 422
    assert DutyApproval.objects.count() == before


def test_an_approval_of_tomorrow_is_refused(cast):
    roster = factories.duty_roster(cast, on=False)
    with pytest.raises(transitions.DutyCommitmentRefused, match="きょうまで"):
        duty_rosters.record_approval(
            roster, by=cast.principal.user, name="x", role="nurse", approved_on=date(2099, 1, 1)
        )


def test_the_approver_reads_every_sentence_and_page(cast, sign_in):
    page = messages_of(
        sign_in(cast.counsellor.user).get(approve(factories.duty_roster(cast, on=False)))
    )
    for words in ("あぶない ですか", "0120-0-78310", "〔", "また ", wording.WORDS_VERSION):
        assert words in page


# -- permissions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "seen"), [("nurse", 200), ("homeroom", 200), ("officer", 403), ("helpdesk", 403)]
)
def test_others_at_most_look(on_duty, sign_in, who, seen):
    staff = sign_in(getattr(on_duty, who).user)
    assert staff.get(LIST).status_code == seen
    assert staff.post(ADD, form(on_duty)).status_code == 403
    assert staff.post(switch(on_duty.duty), {"to": "off"}).status_code == 404
    on_duty.duty.refresh_from_db()
    assert on_duty.duty.is_on


def test_a_nurse_sees_the_duty_roster_without_a_switch(on_duty, sign_in):
    page = messages_of(sign_in(on_duty.nurse.user).get(change(on_duty.duty)))
    assert "受け付けています" in page
    assert "受け付けを止める" not in page


def test_staff_elsewhere_do_not_find_the_roster(on_duty, sign_in):
    desk = sign_in(on_duty.away_nurse.user)
    assert desk.get(change(on_duty.duty)).status_code == 302  # the admin's way to say: no such
    assert desk.get(approve(on_duty.duty)).status_code == 404


@pytest.mark.parametrize("url", [switch, approve, change])
def test_nobody_comes_in_without_signing_in(on_duty, client, url):
    assert client.post(url(on_duty.duty)).status_code == 302


def test_an_address_that_is_no_roster_leads_back(on_duty, sign_in):
    url = reverse("admin:helpline_dutyroster_change", args=["x.css"])
    assert sign_in(on_duty.principal.user).get(url).status_code == 302


def test_the_switch_is_no_link(on_duty, sign_in):
    assert sign_in(on_duty.principal.user).get(switch(on_duty.duty)).status_code == 405


def test_a_new_roster_proposes_the_usual_hours_and_keeps_what_is_sent(cast, sign_in):
    page = messages_of(sign_in(cast.principal.user).get(ADD))
    assert page.count('value="08:30"') == 5
    hours = [(str(day), "08:30", "16:30") for day in range(5)]
    assert sign_in(cast.principal.user).post(ADD, form(cast, hours=hours)).status_code == 302
    assert DutyRoster.objects.get().hours.count() == 5


# -- taking something from students: asked of a second person -------------------------------------


def listed(on_duty):
    return on_duty.duty.people.create(
        person=on_duty.nurse.user, answers_as="nurse", is_listed=True, shown_name="やましろ"
    )


def test_a_shorter_day_waits_for_a_second_person_and_the_rest_of_the_save_is_kept(on_duty, sign_in):
    desk, url = sign_in(on_duty.principal.user), change(on_duty.duty)
    sent = duty_form(desk, url, **{"hours-0-closes_at": "12:00", "all_after": "40"})
    answer = desk.post(url, sent)
    assert "1週間のうち、だれも見なくなる分" in messages_of(desk.get(answer.url))
    on_duty.duty.refresh_from_db()
    assert on_duty.duty.all_after == 40
    assert duty_reduction.stored_hours(on_duty.duty)[0] == [0, "08:30", "16:30"]
    assert propose(desk, answer).status_code == 302
    confirm(the_act(), by=on_duty.counsellor.user)
    duty_reduction.carry_out_duty_acts()
    assert duty_reduction.stored_hours(on_duty.duty)[0] == [0, "08:30", "12:00"]
    assert len(duty_reduction.stored_hours(on_duty.duty)) == 5


def test_longer_hours_are_saved_at_once(on_duty, sign_in):
    desk, url = sign_in(on_duty.principal.user), change(on_duty.duty)
    answer = desk.post(url, duty_form(desk, url, **{"hours-0-closes_at": "18:00"}))
    assert "propose" not in answer.url
    assert duty_reduction.stored_hours(on_duty.duty)[0] == [0, "08:30", "18:00"]


@pytest.mark.parametrize("how", [{"people-0-DELETE": "on"}, {"people-0-is_listed": None}])
def test_a_person_students_may_choose_stays_until_a_second_person_agrees(on_duty, sign_in, how):
    one, desk, url = listed(on_duty), sign_in(on_duty.principal.user), change(on_duty.duty)
    sent = duty_form(desk, url, **how)
    answer = desk.post(url, {name: value for name, value in sent.items() if value is not None})
    assert "やましろ" in messages_of(desk.get(answer.url))
    assert duty_reduction.listed_person_ids(on_duty.duty) == [str(one.pk)]
    propose(desk, answer)
    confirm(the_act(), by=on_duty.counsellor.user)
    duty_reduction.carry_out_duty_acts()
    assert duty_reduction.listed_person_ids(on_duty.duty) == []


def test_while_such_a_change_waits_the_hours_and_people_stay_as_they_were_shown(on_duty, sign_in):
    desk, url = sign_in(on_duty.principal.user), change(on_duty.duty)
    propose(desk, desk.post(url, duty_form(desk, url, **{"hours-0-DELETE": "on"})))
    assert "理由を見る・止める" in messages_of(desk.get(url))
    answer = desk.post(url, duty_form(desk, url, **{"hours-1-closes_at": "18:00"}), follow=True)
    assert duty_reduction.REDUCTION_PENDING in messages_of(answer)
    assert duty_reduction.stored_hours(on_duty.duty)[1] == [1, "08:30", "16:30"]


def test_who_has_left_the_school_is_not_put_in_a_place_of_a_roster_that_is_on(on_duty, sign_in):
    gone = factories.staff_post("teacher", on_duty.school, name="前の先生")
    gone.ends_on = today() - timedelta(days=1)
    gone.save()
    desk, url = sign_in(on_duty.principal.user), change(on_duty.duty)
    answer = desk.post(url, duty_form(desk, url, last=str(gone.user_id)))
    assert answer.status_code == 422
    assert "いまこの学校の担当ではありません" in messages_of(answer)
    assert duty_rosters.active_roster(on_duty.school) == on_duty.duty
