"""The browser's Back leads to a page, wherever a form was sent before."""

import orjson
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.consent.receipts import proofs
from tests.journeys.sample_town import furnish
from tests.journeys.test_page_widths import entered

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town(cast, settings):
    return furnish(cast, settings)


def browser_of(walker, person):
    browser = walker("phone")
    cookies = entered(person.user).cookies.values()
    browser.context.add_cookies(
        [{"name": c.key, "value": c.value, "url": browser.base} for c in cookies]
    )
    return browser


def back(page, heading):
    """Go back; the page is there (Chromium raises ERR_CACHE_MISS where it is not)."""
    page.go_back()
    expect(page.locator("h1").first).to_contain_text(heading)


def test_back_after_a_check_in_begun_on_the_first_screen(walker, town, monkeypatch):
    monkeypatch.setattr("apps.checkins.frequency_rules.asking_state", lambda *_, **__: "due")
    browser = browser_of(walker, town.student)
    page = browser.page
    browser.go("/")
    page.locator("button.choice").first.click()
    expect(page.locator("input[name=mood]:checked")).to_have_count(1)
    page.get_by_role("link", name="もどる").click()
    expect(page.locator("#ask")).to_be_visible()
    back(page, "きょうの わたし")
    expect(page.locator("input[name=mood]:checked")).to_have_count(1)
    page.reload()
    expect(page.locator("input[name=mood]:checked")).to_have_count(1)
    page.evaluate("location.hash = 'q-words'")
    page.locator("form.steps button.button--solid:visible").last.click()
    page.wait_for_url("**/checkin/done/*")
    back(page, "きょうの わたし")
    page.go_forward()
    page.wait_for_url("**/checkin/done/*")


def test_back_after_every_form_that_a_student_sends(walker, town):
    browser = browser_of(walker, town.student)
    page, student = browser.page, town.student.pk
    browser.go(reverse("checkins:frequency"))
    page.locator("input[name=frequency]").first.check(force=True)
    page.locator("main form button").first.click()
    page.wait_for_url(f"{browser.base}/")
    back(page, "たずねて")
    browser.go(reverse("disclosure:corrections", args=[student]))
    page.fill("textarea", "なまえが ちがいます")
    page.locator("main form button").first.click()
    expect(page.locator(".messages")).to_be_visible()
    browser.go("/notices/")
    page.go_back()
    expect(page.locator("textarea")).to_be_visible()
    browser.go(reverse("helpline:status"))
    page.locator("main form button").first.click()
    expect(page.locator("h1")).to_contain_text("しました")
    browser.go("/")
    page.go_back()
    expect(page.locator("h1")).to_contain_text("しました")


def test_back_after_a_receipt_was_checked(walker, town):
    receipt = town.receipts["guardian"]
    visitor = walker("phone")
    visitor.go(reverse("consent:check_receipt"))
    visitor.page.fill("textarea", orjson.dumps(proofs.export_receipt(receipt)).decode())
    visitor.page.locator("main form button").click()
    expect(visitor.page.locator("#genuine")).to_be_visible()
    visitor.page.locator(".brand").click()
    expect(visitor.page.locator(".ways")).to_be_visible()
    visitor.page.go_back()
    expect(visitor.page.locator("#genuine")).to_be_visible()
