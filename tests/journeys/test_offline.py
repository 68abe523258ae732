"""A shared tablet loses its network: the answer arrives once, for the right student, unread."""

import re
import time
import uuid
from contextlib import suppress

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import Error, expect

from apps.checkins.models import CheckIn
from apps.checkins.services import late_deliveries
from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.core.clock import today
from apps.helpline.models import HelpRequest
from apps.vault.services.sealed_content import open_own
from tests.journeys.browser_storage import everything_stored
from tests.journeys.shared_tablet import (
    PIN,
    WORDS,
    answer,
    arrives,
    enter,
    open_form,
    send,
    staffed,
    waits_on,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def network(monkeypatch):
    """``network(False)``: everything but deliveries gets through, as behind a bad proxy."""

    def switch(is_up):
        if is_up:
            monkeypatch.undo()
        else:
            monkeypatch.setattr("apps.checkins.views.late_deliveries.deliver_items", refuse)

    def refuse(items):
        raise ConnectionError("no way")

    return switch


def test_twenty_seconds_and_six_taps(walker, two_students, live_server):
    tablet = walker("phone")
    student, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    taps = 0
    tablet.page.get_by_role("button", name="すこし つらい").click()
    while "/done/" not in tablet.page.url and taps < 9:
        taps += 1
        tablet.page.locator(
            ".step__next.button:visible, form.steps button.button--solid:visible"
        ).first.click()
        tablet.page.wait_for_timeout(300)
    assert taps + 1 <= 6
    assert CheckIn.objects.count() == 1
    tablet.check("offline-done")
    (row,) = CheckIn.objects.all()
    assert open_own([row], student=student) == [{"mood": 1}]


def test_offline_then_sign_out_then_another_student_then_online(walker, two_students, network):
    tablet = walker("tablet")
    (sakura, code), (_, other_code) = two_students["さくら"], two_students["れん"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    expect(tablet.page.locator("#kept")).to_be_visible()
    waits_on(tablet)
    expect(tablet.page.locator("form.steps")).to_be_hidden()
    tablet.complaints.clear()
    tablet.check("offline-kept")

    # she leaves while there is still no network: nothing of hers is shown or readable
    tablet.page.locator("form[data-leave] button").click()
    expect(tablet.page.get_by_role("heading", name="つながって いません")).to_be_visible()
    expect(tablet.page.get_by_text("0120-0-78310")).to_be_visible()
    assert "さくら" not in tablet.page.content()
    stored = everything_stored(tablet.page)
    assert '"body"' in stored
    assert not any(word in stored for word in ("いわないで", "mood", "さくら", str(sakura.pk)))

    # the network returns; deliveries do not get through yet; the next one signs in
    network(False)
    tablet.context.set_offline(False)
    tablet.go("/")
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    assert Session.objects.count() == 0 or "さくら" not in tablet.page.content()
    enter(tablet, other_code, "れん")
    waits_on(tablet)
    assert "いわないで" not in everything_stored(tablet.page)
    tablet.complaints.clear()
    assert not CheckIn.objects.exists()

    network(True)
    tablet.page.locator("#outbox button").click()
    expect(tablet.page.locator("[data-say=sent]")).to_be_visible()
    arrives(tablet)
    row = CheckIn.objects.get()
    assert row.student == sakura
    assert open_own([row], student=sakura) == [{"mood": 1, "words": WORDS}]
    expect(tablet.page.locator(".me")).to_have_text("れん さん")
    tablet.go("/checkin/days/")
    tablet.page.fill("#id_pin", PIN)  # own words ask for it once more
    tablet.page.locator("main form button.button--solid").click()
    expect(tablet.page).to_have_url(re.compile("/checkin/days/$"))
    assert "つらい" not in tablet.page.locator("main").inner_text()


def test_the_reply_is_lost_and_the_answer_is_kept_once(walker, two_students, monkeypatch):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    answer(tablet)
    plain = late_deliveries.deliver_items

    def cut(items):
        plain(items)
        raise ConnectionError("the line went dead after the commit")

    monkeypatch.setattr("apps.checkins.views.late_deliveries.deliver_items", cut)
    send(tablet)
    waits_on(tablet)
    assert CheckIn.objects.count() == 1
    monkeypatch.undo()
    tablet.page.locator("#outbox button").click()
    arrives(tablet)


def help_request_arrives(tablet):
    deadline = time.monotonic() + 15
    while not HelpRequest.objects.exists():
        assert time.monotonic() < deadline, "the request did not arrive"
        tablet.page.wait_for_timeout(200)
    return HelpRequest.objects.get()


def test_help_asked_without_network_shows_who_answers_and_waits_sealed(walker, two_students):
    tablet = walker("tablet")
    sakura, code = two_students["さくら"]
    staffed(sakura)
    enter(tablet, code, "さくら")
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.context.set_offline(True)
    tablet.press("だれかと")
    expect(tablet.page.get_by_text("0120-0-78310").first).to_be_visible()
    tablet.complaints.clear()
    tablet.check("offline-help")
    tablet.press("つながったら")
    expect(tablet.page.locator("#kept")).to_be_visible()
    waits_on(tablet)
    tablet.complaints.clear()
    tablet.check("offline-help-kept")
    tablet.context.set_offline(False)
    tablet.go("/")
    help_request = help_request_arrives(tablet)
    assert help_request.student == sakura
    assert open_own([help_request], student=sakura) == [
        {"wanted": "anyone", "topic": "", "words": ""}
    ]


def test_the_page_without_network_says_so_only_while_it_is_true(walker, two_students):
    tablet = walker("tablet")
    sakura, code = two_students["さくら"]
    staffed(sakura)
    enter(tablet, code, "さくら")
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.context.set_offline(True)
    tablet.press("だれかと")
    away = tablet.page.get_by_role("heading", name="つながって いません")
    back = tablet.page.get_by_role("heading", name="つながりました")
    expect(away).to_be_visible()
    tablet.press("つながったら")
    waits_on(tablet)
    tablet.complaints.clear()
    tablet.context.set_offline(False)
    expect(tablet.page.locator("[data-say=sent]")).to_be_visible()
    expect(back).to_be_visible()
    expect(away).to_be_hidden()
    assert help_request_arrives(tablet).student == sakura
    tablet.check("offline-back")
    tablet.context.set_offline(True)
    expect(away).to_be_visible()
    expect(back).to_be_hidden()


def test_who_left_leaves_no_request_that_the_next_one_could_send(walker, two_students):
    tablet = walker("tablet")
    sakura, code = two_students["さくら"]
    staffed(sakura)
    enter(tablet, code, "さくら")
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.page.wait_for_function("outbox.getFlag('help-request').then(Boolean)")
    tablet.context.set_offline(True)
    tablet.page.locator("form[data-leave] button").click()
    expect(tablet.page.get_by_text("0120-0-78310").first).to_be_visible()
    tablet.page.wait_for_function(
        "outbox.getFlag('help-request').then((is_offered) => !is_offered)"
    )
    expect(tablet.page.locator("#talk-later")).to_be_hidden()


def test_a_help_request_waits_sealed_and_arrives_after_leaving(walker, two_students):
    tablet = walker("tablet")
    sakura, code = two_students["さくら"]
    staffed(sakura)
    enter(tablet, code, "さくら")
    tablet.go("/help/ask/")
    tablet.page.locator("input[name=wanted][value=nurse]").check(force=True)
    tablet.page.fill("#words", WORDS)
    tablet.context.set_offline(True)
    tablet.page.locator("main form button.button--solid").click()
    expect(tablet.page.locator("#kept")).to_be_visible()
    expect(tablet.page.get_by_text("0120-0-78310").first).to_be_visible()
    expect(tablet.page.locator(".not-kept")).to_be_hidden()
    tablet.complaints.clear()
    tablet.check("offline-request-kept")
    tablet.page.locator("form[data-leave] button").click()
    expect(tablet.page.locator("form[data-leave]")).to_have_count(0)
    tablet.context.set_offline(False)
    with suppress(Error):  # the page of leaving may be on its way there by itself
        tablet.go("/")
    tablet.page.wait_for_function("window.outbox && outbox.count().then((n) => n === 0)")
    assert help_request_arrives(tablet).student == sakura


def test_two_tabs_with_one_form_each_are_two_and_both_arrive(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    second = tablet.context.new_page()
    second.goto(f"{tablet.base}/checkin/")
    key = second.locator("input[name=client_key]").input_value()
    tablet.context.set_offline(True)
    for page, mood in ((tablet.page, "4"), (second, "0")):
        page.locator(f"input[name=mood][value='{mood}']").check(force=True)
        page.locator("form.steps button.button--solid:visible").last.click()
        expect(page.locator("#kept")).to_be_visible()
    waits_on(tablet, 2)
    tablet.context.set_offline(False)
    arrives(tablet, 2)
    assert CheckIn.objects.filter(client_key=uuid.UUID(key)).count() == 1
    assert not CheckIn.objects.filter(is_conflict=True).exists()


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
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()


def test_closing_quickly_works_by_keyboard(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    tablet.go("/help/")
    for _ in range(3):
        tablet.page.keyboard.press("Shift")
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
