"""Two tabs of one tablet belong to one person: leaving, signing in and being idle are shared."""

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import expect

from tests.journeys.shared_tablet import (
    WORDS,
    answer,
    enter,
    leave,
    open_form,
    send,
    waits_on,
    worker_is_ready,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tabs(walker, two_students):
    """(tablet, second tab) of さくら."""
    tablet = walker("tablet")
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    second = tablet.context.new_page()
    second.goto(f"{tablet.base}/checkin/days/")
    expect(second.locator(".me")).to_have_text("さくら さん")
    return tablet, second


def is_blank(page):
    expect(page.locator(".me")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text("さくら")


def test_who_leaves_without_network_leaves_all_tabs(tabs, two_students):
    tablet, second = tabs
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    waits_on(tablet)
    leave(tablet.page)
    expect(tablet.page.get_by_role("heading", name="つながって いません")).to_be_visible()
    is_blank(second)
    tablet.context.set_offline(False)
    enter(tablet, two_students["れん"][1], "れん")
    expect(second.locator("body")).not_to_contain_text("さくら")


def test_who_leaves_with_the_network_leaves_all_tabs(tabs):
    tablet, second = tabs
    leave(second)
    is_blank(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()


def test_a_session_that_is_over_in_one_tab_is_over_in_the_other(tabs, two_students):
    tablet, second = tabs
    Session.objects.all().delete()
    cache.clear()
    tablet.go("/")
    is_blank(second)
    enter(tablet, two_students["れん"][1], "れん")
    second.goto(f"{tablet.base}/")
    expect(second.locator(".me")).to_have_text("れん さん")


def test_somebody_else_who_signs_in_ends_what_the_other_tab_shows(tabs, two_students):
    tablet, second = tabs
    tablet.page.evaluate("localStorage.clear()")  # nobody was told of the leaving
    enter(tablet, two_students["れん"][1], "れん")
    expect(second.locator(".me")).to_have_text("れん さん")
    expect(second.locator("body")).not_to_contain_text("さくら")


def test_typing_in_one_tab_keeps_the_other_signed_in(walker, two_students):
    tablet = walker("tablet")
    tablet.context.clock.install()
    enter(tablet, two_students["さくら"][1], "さくら")
    second = tablet.context.new_page()
    second.goto(f"{tablet.base}/checkin/")
    for _ in range(3):
        tablet.context.clock.run_for(120_000)
        second.keyboard.press("Tab")
        second.wait_for_timeout(100)
    expect(tablet.page.locator(".me")).to_have_text("さくら さん")
    expect(second.locator(".me")).to_have_text("さくら さん")
    tablet.context.clock.run_for(310_000)
    is_blank(tablet.page)
    is_blank(second)


def test_an_update_pressed_in_one_tab_empties_no_form_of_the_other(tabs, monkeypatch):
    tablet, second = tabs
    second.goto(f"{tablet.base}/checkin/")
    second.locator("textarea[name=words]").fill(WORDS)
    monkeypatch.setattr("apps.portal.views._version", lambda page: "the-next")
    tablet.page.evaluate(
        "navigator.serviceWorker.getRegistration().then((found) => found.update())"
    )
    button = tablet.page.locator("#update button")
    expect(button).to_be_visible()
    with tablet.page.expect_navigation():
        button.click()
    second.wait_for_timeout(1000)
    assert second.locator("textarea[name=words]").input_value() == WORDS
