"""A duty roster is not switched on without two contacts, a last responder, hours and approval."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.consent.words import STUDENT, role_name
from apps.core.clock import today
from apps.helpline import words as wording
from apps.helpline.models import DutyRoster
from apps.helpline.services import duty_reduction, duty_rosters, transitions
from apps.people.models import SchoolBreak
from apps.people.services.pending_acts import confirm
from tests import factories
from tests.helpline.duty_roster_helpers import ADD, approve, change, form, messages_of, switch
from tests.helpline.escalation_helpers import send
from tests.people.act_scenarios import duty_form, propose, the_act

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


def test_when_the_last_responder_leaves_the_school_promises_nothing_and_the_city_reads(
    on_duty, sign_in
):
    on_duty.principal.ends_on = today() - timedelta(days=1)
    on_duty.principal.save()
    assert duty_rosters.active_roster(on_duty.school) is None
    page = sign_in(on_duty.sakura.user).get(reverse("helpline:ask"))
    assert page.context["watcher"] != role_name("nurse", STUDENT)
    assert send(on_duty).is_for_city


def test_without_anybody_who_reads_there_is_no_form(on_duty, sign_in):
    for post in (on_duty.principal, on_duty.officer):
        post.ends_on = today() - timedelta(days=1)
        post.save()
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
