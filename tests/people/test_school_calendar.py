"""The school's own days off: who writes them, and what counts as a school day."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.core.clock import today
from apps.people.models import SchoolBreak
from apps.people.services.school_calendar import is_school_day
from tests.people.act_scenarios import save

ADD = reverse("admin:people_schoolbreak_add")
LIST = reverse("admin:people_schoolbreak_changelist")


def form(school, **more):
    return {"school": school.pk, "title": "夏休み", "begins_on": "2026-07-21",
            "ends_on": "2026-08-31", **more}  # fmt: skip


def test_a_break_holds_from_its_first_to_its_last_day(cast, sign_in):
    assert sign_in(cast.principal.user).post(ADD, form(cast.school)).status_code == 302
    days = [date(2026, 7, 17), date(2026, 7, 21), date(2026, 8, 31), date(2026, 9, 1)]
    assert [is_school_day(cast.school.pk, day) for day in days] == [True, False, False, True]
    assert is_school_day(cast.away_school.pk, days[1])
    assert AuditEvent.objects.filter(action=Action.RECORD_CHANGED).count() == 1


def test_weekends_and_holidays_are_no_school_days(cast):
    assert not is_school_day(cast.school.pk, date(2026, 11, 22))
    assert not is_school_day(cast.school.pk, date(2026, 11, 23))
    assert is_school_day(cast.school.pk, date(2026, 11, 24))


def test_a_break_that_ends_before_it_begins_is_refused(cast, sign_in):
    page = sign_in(cast.principal.user).post(ADD, form(cast.school, ends_on="2026-07-01"))
    assert "おわりの日は、はじまりの日より前にできません。" in page.content.decode()
    with pytest.raises(IntegrityError):
        SchoolBreak.objects.create(
            municipality=cast.city, school=cast.school, title="x",
            begins_on=date(2026, 8, 2), ends_on=date(2026, 8, 1),
        )  # fmt: skip


@pytest.mark.parametrize(("who", "seen"), [("nurse", 200), ("officer", 200), ("away_nurse", 200)])
def test_each_sees_the_breaks_of_their_own_school(cast, sign_in, who, seen):
    sign_in(cast.principal.user).post(ADD, form(cast.school))
    answer = sign_in(getattr(cast, who).user).get(LIST)
    assert answer.status_code == seen
    assert ("夏休み" in answer.content.decode()) is (who != "away_nurse")


def test_others_cannot_write_or_remove(cast, sign_in):
    assert sign_in(cast.nurse.user).post(ADD, form(cast.school)).status_code == 403
    assert sign_in(cast.principal.user).post(ADD, form(cast.away_school)).status_code == 422
    sign_in(cast.principal.user).post(ADD, form(cast.school))
    url = reverse("admin:people_schoolbreak_delete", args=[SchoolBreak.objects.get().pk])
    assert sign_in(cast.nurse.user).post(url, {"post": "yes"}).status_code == 403
    assert sign_in(cast.principal.user).post(url, {"post": "yes"}).status_code == 302
    assert not SchoolBreak.objects.exists()


def span(n_from, n_to):
    days = [today() + timedelta(n) for n in (n_from, n_to)]
    return dict(zip(("begins_on", "ends_on"), (day.isoformat() for day in days), strict=True))


def test_a_long_break_waits_for_a_second_person_and_one_of_a_day_does_not(cast, sign_in):
    desk = sign_in(cast.principal.user)
    desk.post(ADD, form(cast.school, title="創立記念日", **span(40, 40)))
    assert SchoolBreak.objects.count() == 1
    answer = desk.post(ADD, form(cast.school, **span(10, 20)))
    page = desk.get(answer.url).content.decode()
    assert "休みになる平日" in page
    assert cast.school.name in page
    assert SchoolBreak.objects.count() == 1


def test_a_long_break_made_of_pieces_waits_too(cast, sign_in):
    desk = sign_in(cast.principal.user)
    urls = [desk.post(ADD, form(cast.school, **span(n, n))).url for n in range(10, 24)]
    assert any("propose" in url for url in urls)


def test_a_break_that_is_made_longer_waits_and_one_made_shorter_does_not(cast, sign_in):
    desk = sign_in(cast.principal.user)
    row = SchoolBreak.objects.create(
        municipality=cast.city, school=cast.school, title="冬休み", begins_on=today(),
        ends_on=today() + timedelta(days=9),
    )  # fmt: skip
    url = reverse("admin:people_schoolbreak_change", args=[row.pk])
    assert "propose" in save(desk, row, ends_on=span(0, 30)["ends_on"]).url
    row.refresh_from_db()
    assert row.ends_on == today() + timedelta(days=9)
    assert "propose" not in save(desk, row, ends_on=span(0, 5)["ends_on"]).url
    row.refresh_from_db()
    assert row.ends_on == today() + timedelta(days=5)
    assert desk.get(url).status_code == 200
