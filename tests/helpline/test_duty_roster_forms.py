"""What the form of a duty roster refuses, and who sees it."""

from datetime import date

import pytest
from django.urls import reverse

from apps.core.clock import today
from apps.helpline import words as wording
from apps.helpline.forms import staff_accounts_at
from apps.helpline.models import DutyApproval, DutyRoster
from apps.helpline.services import duty_rosters, transitions
from apps.helpline.services.routes import people_to_choose
from apps.people.models import School
from tests import factories
from tests.helpline.duty_roster_helpers import ADD, approve, change, form, messages_of, switch

LIST = reverse("admin:helpline_dutyroster_changelist")


def test_whose_account_has_changed_does_not_show_in_the_order_of_people(cast):
    """A sign-in changes the row of an account: without an order the person moves to the end."""

    def people():
        schools = School.objects.filter(pk=cast.school.pk)
        return list(staff_accounts_at(schools)), list(people_to_choose([cast.city.pk]))

    for before in people():
        before[0].save()
        assert before in people()


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
