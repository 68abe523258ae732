"""Renewal once a school year; neither a date nor a missed renewal ends the last holder."""

import pytest
from django.core import mail
from django.urls import reverse

from apps.people.models import Role, StaffPost, User
from apps.people.permissions import may
from apps.staffing.services import renewals
from tests import factories

SPRING, MAY_15, JUNE_1 = "2027-04-02", "2027-05-15", "2027-06-01"


def begun(cast, day="2026-05-01"):
    StaffPost.objects.update(begins_on=day)


@pytest.fixture
def cast(cast, time_machine):
    begun(cast)
    time_machine.move_to(f"{SPRING}T09:00:00+09:00", tick=False)
    return cast


def fresh(post):
    return User.objects.get(pk=post.user_id)


def test_the_lead_finds_the_school_and_the_city_itself_and_the_leads(cast, sign_in):
    lead = {post.name for post in renewals.renewals_due_for(fresh(cast.principal))}
    assert lead == {"担任の先生", "保健室の先生", "カウンセラー", "事務の人"}
    city = {post.name for post in renewals.renewals_due_for(fresh(cast.officer))}
    assert city == {"ヘルプデスク", "校長先生"}
    page = sign_in(cast.principal.user).get(reverse("admin:index")).content.decode()
    assert "続けるか確かめる担当(5月31日まで)" in page


def test_renewing_is_a_tick_and_the_own_post_is_not_to_be_ticked(cast, sign_in):
    url = reverse("admin:staffing_renewals")
    ids = [str(cast.nurse.pk), str(cast.principal.pk), str(cast.officer.pk), "x"]
    sign_in(cast.principal.user).post(url, {"post": ids})
    renewed = set(StaffPost.objects.exclude(renewed_on=None).values_list("pk", flat=True))
    assert renewed == {cast.nurse.pk}


def test_who_is_not_renewed_is_told_and_out_after_the_last_day(cast, time_machine):
    renewals.renew_posts([cast.counsellor.pk], by=fresh(cast.principal))
    renewals.sweep_renewals()
    assert not mail.outbox
    time_machine.move_to(f"{MAY_15}T09:00:00+09:00", tick=False)
    renewals.sweep_renewals()
    renewals.sweep_renewals()
    assert sum(message.to == [cast.nurse.user.email] for message in mail.outbox) == 1
    assert not any(message.to == [cast.counsellor.user.email] for message in mail.outbox)
    time_machine.move_to("2027-05-31T23:00:00+09:00", tick=False)
    renewals.sweep_renewals()
    assert may(fresh(cast.nurse), "cases.view")
    time_machine.move_to(f"{JUNE_1}T00:40:00+09:00", tick=False)
    renewals.sweep_renewals()
    assert not may(fresh(cast.nurse), "cases.view")
    assert may(fresh(cast.counsellor), "cases.view")


def test_who_was_not_told_in_time_has_a_fortnight(cast, time_machine):
    time_machine.move_to("2027-06-05T09:00:00+09:00", tick=False)
    renewals.sweep_renewals()  # no periodic task had run since April
    assert may(fresh(cast.nurse), "cases.view")
    time_machine.move_to("2027-06-19T09:00:00+09:00", tick=False)
    renewals.sweep_renewals()
    assert not may(fresh(cast.nurse), "cases.view")


def test_a_missed_renewal_ends_no_last_holder(cast, time_machine):
    factories.staff_post(Role.PRIVACY, of=cast.city, name="保護の担当")
    begun(cast)
    factories.duty_roster(cast)
    for day in (MAY_15, JUNE_1):
        time_machine.move_to(f"{day}T09:00:00+09:00", tick=False)
        renewals.sweep_renewals()
    held = set(StaffPost.objects.exclude(extended_on=None).values_list("name", flat=True))
    assert {"市の担当", "保護の担当", "校長先生"} <= held
    assert may(fresh(cast.officer), "staff.appoint")
    assert may(fresh(cast.principal), "duty.edit")
    assert not may(fresh(cast.helpdesk), "roster.view")


def test_what_the_roster_names_needs_no_renewal(cast, time_machine):
    StaffPost.objects.filter(pk=cast.homeroom.pk).update(source_id="t1")
    for day in (MAY_15, JUNE_1):
        time_machine.move_to(f"{day}T09:00:00+09:00", tick=False)
        renewals.sweep_renewals()
    assert may(fresh(cast.homeroom), "cases.view")


@pytest.mark.parametrize("swept", [True, False])
def test_an_until_of_the_last_holder_is_put_off_and_said(cast, sign_in, time_machine, swept):
    StaffPost.objects.filter(pk=cast.officer.pk).update(ends_on="2027-04-10", renewed_on=SPRING)
    if swept:  # before the day is over
        time_machine.move_to("2027-04-10T12:00:00+09:00", tick=False)
        renewals.sweep_renewals()
    time_machine.move_to("2027-04-12T12:00:00+09:00", tick=False)
    assert may(fresh(cast.officer), "staff.appoint") is swept
    renewals.sweep_renewals()
    assert may(fresh(cast.officer), "staff.appoint")
    assert StaffPost.objects.get(pk=cast.officer.pk).extended_on is not None


def test_of_two_whose_until_is_the_same_day_one_goes_on(cast, time_machine):
    other = factories.staff_post(Role.CITY, of=cast.city, name="もう一人")
    StaffPost.objects.filter(pk__in=[other.pk, cast.officer.pk]).update(
        begins_on="2026-04-01", ends_on="2027-04-10", renewed_on=SPRING
    )
    time_machine.move_to("2027-04-10T12:00:00+09:00", tick=False)
    renewals.sweep_renewals()
    time_machine.move_to("2027-04-11T12:00:00+09:00", tick=False)
    assert sorted(may(fresh(one), "staff.appoint") for one in (other, cast.officer)) == [
        False,
        True,
    ]


def test_an_until_of_one_of_two_ends(cast, time_machine):
    other = factories.staff_post(Role.CITY, of=cast.city, name="もう一人")
    StaffPost.objects.filter(pk=other.pk).update(
        begins_on="2026-04-01", ends_on="2027-04-10", renewed_on=SPRING
    )
    time_machine.move_to("2027-04-10T12:00:00+09:00", tick=False)
    renewals.sweep_renewals()
    time_machine.move_to("2027-04-11T12:00:00+09:00", tick=False)
    renewals.sweep_renewals()
    assert not may(fresh(other), "staff.appoint")
