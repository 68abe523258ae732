"""Help asked for without network."""

import time
from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from apps.helpline.models import HelpRequest
from apps.vault.services.sealed_content import open_own
from tests.journeys.shared_tablet import (
    WORDS,
    enter,
    staffed,
    waits_on,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


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
    tablet.go("/pages/2/")
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
