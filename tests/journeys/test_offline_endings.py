"""Sessions, consent and storage that end while answers wait."""

import re
import uuid

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import expect

from apps.checkins.models import CheckIn
from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.core.clock import today
from tests.journeys.browser_storage import everything_stored
from tests.journeys.shared_tablet import (
    answer,
    arrives,
    enter,
    open_form,
    send,
    waits_on,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_the_session_is_over_and_the_answer_arrives_all_the_same(walker, two_students):
    tablet = walker("tablet")
    sakura, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    answer(tablet)
    Session.objects.all().delete()
    cache.clear()
    send(tablet)
    expect(tablet.page).not_to_have_url(re.compile("/checkin/$"))
    arrives(tablet)
    assert CheckIn.objects.get().student == sakura


def test_an_expired_session_with_a_queue_sends_when_the_network_is_back(walker, two_students):
    tablet = walker("tablet")
    sakura, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    waits_on(tablet)
    Session.objects.all().delete()
    cache.clear()
    tablet.context.set_offline(False)
    arrives(tablet)
    assert CheckIn.objects.get().student == sakura


@pytest.mark.parametrize("year", [2001, 2050])
def test_a_tablet_whose_clock_is_years_off_answers_for_today(walker, two_students, year):
    tablet = walker("tablet")
    enter(tablet, two_students["さくら"][1], "さくら")
    tablet.page.clock.set_fixed_time(f"{year}-01-01T00:00:00+09:00")
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    waits_on(tablet)
    tablet.context.set_offline(False)
    tablet.page.evaluate("dispatchEvent(new Event('online'))")
    arrives(tablet)
    assert CheckIn.objects.get().answered_on == today()


def test_withdrawn_meanwhile_nothing_is_kept_and_nothing_waits(walker, two_students):
    tablet = walker("tablet")
    sakura, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    waits_on(tablet)
    withdraw(
        student=sakura, actor=sakura.user, purpose=Purpose.CHECKIN_REVIEW, form_key=uuid.uuid4()
    )
    tablet.context.set_offline(False)
    arrives(tablet, 0)


def test_storage_wiped_with_a_queue_leaves_a_working_page(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    waits_on(tablet)
    session = tablet.context.new_cdp_session(tablet.page)
    session.send("Storage.clearDataForOrigin", {"origin": tablet.base, "storageTypes": "indexeddb"})
    tablet.context.set_offline(False)
    tablet.complaints.clear()
    open_form(tablet)
    expect(tablet.page.locator("[data-say=waiting]")).to_be_hidden()
    answer(tablet)
    send(tablet)
    expect(tablet.page).to_have_url(re.compile("/checkin/done"))
    assert CheckIn.objects.count() == 1


def test_where_the_browser_stores_nothing_the_open_page_still_sends(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    tablet.context.add_init_script("Object.defineProperty(self, 'indexedDB', {value: undefined});")
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    waits_on(tablet)
    tablet.context.set_offline(False)
    arrives(tablet)


def test_signing_out_with_an_empty_queue_leaves_nothing(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    tablet.page.evaluate("localStorage.setItem('x', 'さくら')")
    tablet.page.locator("form[data-leave] button").click()
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    assert "さくら" not in everything_stored(tablet.page)
    tablet.page.go_back()
    tablet.page.wait_for_load_state()
    assert "さくら" not in tablet.page.content()


def test_nobody_touches_the_tablet_and_it_signs_out_by_itself(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    tablet.page.clock.install()
    enter(tablet, code, "さくら")
    open_form(tablet)
    tablet.page.clock.run_for(250_000)
    expect(tablet.page.locator("#idle")).to_be_visible()
    tablet.page.keyboard.press("Tab")
    tablet.page.clock.run_for(200_000)
    expect(tablet.page.locator(".me")).to_be_visible()
    tablet.page.clock.run_for(200_000)
    out = tablet.page.locator("a[href='/card/']")
    expect(out).to_be_visible(timeout=20_000)  # what is not proved at once is asked again after 5 s


def test_closing_quickly_works_by_keyboard(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    tablet.go("/pages/")
    for _ in range(3):
        tablet.page.keyboard.press("Shift")
    tablet.page.wait_for_url("**/blank/")  # says nothing, and signs out
    tablet.go("/")
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
