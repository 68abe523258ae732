"""A code that a camera read stays in the browser and in one form: no address carries it."""

import pytest
from playwright.sync_api import expect

from tests.journeys.shared_tablet import enter, leave, worker_is_ready

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_no_request_of_a_scanned_card_names_its_code(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    requested = []
    tablet.page.on("request", lambda request: requested.append(request.url.partition("#")[0]))
    tablet.page.on("request", lambda request: requested.append(request.headers.get("referer", "")))
    enter(tablet, code, "さくら")
    assert any(address.endswith("/c/") for address in requested)
    assert any(address.endswith("/card/") for address in requested)
    assert not any(code in address for address in requested)


def test_the_history_holds_no_code(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    tablet.go("/")
    tablet.go(f"/c/#{code}")
    expect(tablet.page.locator("#id_pin")).to_be_visible()
    while tablet.page.go_back() is not None:
        assert code not in tablet.page.url
    tablet.go("/")


def test_another_card_is_read_while_the_page_is_open(walker, two_students):
    tablet = walker("tablet")
    tablet.go("/c/")
    tablet.page.evaluate("(code) => { location.hash = code; }", two_students["れん"][1])
    expect(tablet.page.locator("#id_pin")).to_be_visible()
    assert two_students["れん"][1] not in tablet.page.url


def test_what_is_no_code_is_not_sent(walker, two_students):
    tablet = walker("tablet")
    tablet.go("/c/#main<b>")
    expect(tablet.page.locator("#id_code")).to_have_value("")
    assert tablet.page.url.startswith(f"{tablet.base}/c/")


def test_a_card_read_without_network_leaves_no_code_in_the_address(walker, two_students):
    tablet = walker("tablet")
    _, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    worker_is_ready(tablet.page)
    leave(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    tablet.context.set_offline(True)
    tablet.go(f"/c/#{code}")
    expect(tablet.page.locator("[data-net=away]").first).to_be_visible()
    assert code not in tablet.page.url
    tablet.context.set_offline(False)
    tablet.go("/")
    enter(tablet, code, "さくら")


def test_a_scanned_letter_leads_to_its_page(walker, two_students):
    phone = walker("phone")
    phone.go("/g/#ABCDEFGHJKMNP")
    expect(phone.page.locator("#errors, [role=alert]").first).to_be_visible()
    assert "ABCDEFGHJKMNP" not in phone.page.url
