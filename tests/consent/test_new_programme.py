"""Adding a term that begins what families agreed to is proposed, like changing one."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import Programme, Purpose
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.core.clock import today
from apps.people.models import PendingAct, Role
from apps.people.services import pending_acts
from apps.vault.models import SubjectKey
from tests import factories
from tests.people.act_scenarios import DAY, propose, the_act

ATTENDANCE = Purpose.ATTENDANCE
ADD = "admin:consent_programme_add"


@pytest.fixture
def without_term(cast):
    """A city without a term, in which two students have agreed."""
    cast.second = factories.staff_post(Role.PRIVACY, of=cast.city).user
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, ATTENDANCE)
    Programme.objects.all().delete()
    reconcile_all()
    with time_machine.travel(timezone.now() + DAY, tick=False):
        reconcile_all()
    assert not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
    return cast


def add(client, city, **changes):
    """Press 保存 on the page that adds a term; the response."""
    term = {"begins_on": today() - timedelta(days=1), "ends_on": today() + timedelta(days=200)}
    return client.post(
        reverse(ADD), {"municipality": city.pk, "title": "見まもり", **term, **changes}
    )


def test_a_new_term_that_begins_for_two_is_shown_and_waits_for_a_second_person(
    without_term, sign_in
):
    cast, client = without_term, sign_in(without_term.officer.user)
    answer = add(client, cast.city)
    page = client.get(answer.url).content.decode()
    assert "はじまる・続く利用目的" in page
    assert "出席のようす(2人)" in page
    assert "なぜ変えるのか" in page
    assert not Programme.objects.exists()
    assert propose(client, answer).status_code == 302
    act = the_act()
    assert (act.kind, act.preview, act.state) == ("programme.begin", {"begins": 2}, "waiting")
    reconcile_all()
    assert not Programme.objects.exists()
    assert not is_effective(cast.sakura, ATTENDANCE)
    pending_acts.confirm(act, by=cast.second)
    reconcile_all()
    assert Programme.objects.get().title == "見まもり"
    assert is_effective(cast.sakura, ATTENDANCE)
    assert is_effective(cast.ren, ATTENDANCE)


def test_a_new_term_without_a_reason_begins_nothing(without_term, sign_in):
    client = sign_in(without_term.officer.user)
    answer = propose(client, add(client, without_term.city), reason="")
    assert answer.status_code == 422
    assert not PendingAct.objects.exists()
    assert not Programme.objects.exists()


def test_a_new_term_that_is_stopped_is_never_made(without_term, sign_in):
    client = sign_in(without_term.officer.user)
    propose(client, add(client, without_term.city))
    pending_acts.stop(the_act(), by=without_term.second)
    reconcile_all()
    assert not Programme.objects.exists()
    assert add(client, without_term.city).status_code == 302  # and another may be added


def test_a_second_new_term_is_refused_while_the_first_one_waits(without_term, sign_in):
    client = sign_in(without_term.officer.user)
    first, late = add(client, without_term.city), add(client, without_term.city, title="別の")
    propose(client, first)
    assert "確認を待っています" in propose(client, late).content.decode()
    past = {"begins_on": today() - timedelta(days=9), "ends_on": today() - timedelta(days=5)}
    refused = add(client, without_term.city, **past)  # would begin nothing
    assert "確認を待っています" in refused.content.decode()
    assert PendingAct.objects.count() == 1
    assert not Programme.objects.exists()


def test_a_new_term_made_elsewhere_meanwhile_is_left_as_it_is(without_term, sign_in):
    client = sign_in(without_term.officer.user)
    propose(client, add(client, without_term.city))
    other = factories.programme(without_term.city)
    pending_acts.confirm(the_act(), by=without_term.second)
    reconcile_all()
    assert list(Programme.objects.values_list("title", flat=True)) == [other.title]
    assert the_act().done_at is not None


def test_a_new_term_that_begins_for_nobody_is_saved_at_once(cast, sign_in):
    Programme.objects.all().delete()
    answer = add(sign_in(cast.officer.user), cast.city)
    assert answer.status_code == 302
    assert Programme.objects.get().title == "見まもり"
    assert not PendingAct.objects.exists()


def test_a_new_term_of_another_city_is_not_found(without_term, sign_in):
    client = sign_in(without_term.officer.user)
    away = factories.municipality("131016", "とおい市")
    outsider = factories.staff_post(Role.CITY, of=away).user
    address = add(client, without_term.city).url
    assert sign_in(outsider).get(address).status_code == 404
