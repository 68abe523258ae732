"""A shared tablet loses its network: the answer arrives once, for the right student, unread."""

import re
import uuid
from contextlib import suppress

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Error, expect

from apps.checkins.models import CheckIn
from apps.checkins.services import late_deliveries
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
    send_again,
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
        button = tablet.page.locator(
            ".step__next.button:visible, form.steps button.button--solid:visible"
        ).first.element_handle()
        button.click()
        with suppress(Error):  # it went with its page
            button.wait_for_element_state("hidden")
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
    send_again(tablet)
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
    send_again(tablet)
    arrives(tablet)


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
