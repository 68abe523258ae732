"""Whoever takes the tablet after a quick hide sees a page that says nothing, and so does its history."""

import re

import pytest
from playwright.sync_api import expect

from apps.people.models import Municipality
from tests.journeys.shared_tablet import enter, leave, signed_in, staffed, worker_is_ready

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
TRIES = 50  # of each way, each with a sign-in of its own
TELLING = re.compile("help|next=|話|助|相談")
ASK = "/pages/2/"


@pytest.fixture
def asking(walker, two_students):
    """A tablet on which さくら has the page open that asks whom to talk to."""
    student, code = two_students["さくら"]
    staffed(student)
    tablet = walker("tablet")
    enter(tablet, code, "さくら")
    worker_is_ready(tablet.page)
    tablet.go("/pages/")
    tablet.go(ASK)
    return tablet


def says_nothing(page, where="**/blank/"):
    page.wait_for_url(where)
    assert not TELLING.search(page.url + page.title())
    assert page.locator("body").inner_text().strip() in (
        "",
        "ページ",
    )  # its heading, for who listens


def test_quick_hide_leaves_an_empty_page_with_a_neutral_name(asking):
    page = asking.page
    assert page.title() == "加賀ポータル"
    leave(page)
    says_nothing(page)
    assert page.title() == "ページ"
    asking.complaints.clear()
    asking.check("blank")
    asking.go("/checkin/")
    expect(page.locator("a[href='/card/']")).to_be_visible()


def test_three_times_shift_does_the_same(asking):
    for _ in range(3):
        asking.page.keyboard.press("Shift")
    says_nothing(asking.page)


def test_quick_hide_without_network_says_nothing_either_and_signs_out_later(asking):
    page = asking.page
    asking.context.set_offline(True)
    leave(page)
    says_nothing(page)
    asking.context.set_offline(False)
    asking.complaints.clear()
    page.wait_for_timeout(6500)
    asking.go("/checkin/")
    expect(page.locator("a[href='/card/']")).to_be_visible()
    assert "さくら" not in page.content()


def test_back_from_the_empty_page_names_no_page_of_help(asking):
    page = asking.page
    leave(page)
    says_nothing(page)
    for _ in range(3):
        page.go_back()
        page.wait_for_timeout(150)
        if page.url == "about:blank":
            break
        assert not TELLING.search(page.url), page.url
        assert "さくら" not in page.content()


def test_the_page_that_the_city_chose_follows_and_replaces_the_help_page(asking):
    Municipality.objects.update(neutral_page="weather")
    page = asking.page
    page.route(
        "https://www.jma.go.jp/**",
        lambda route: route.fulfill(
            body="<title>天気</title>", content_type="text/html; charset=utf-8"
        ),
    )
    asking.go(ASK)
    n = page.evaluate("history.length")
    leave(page)
    page.wait_for_url("https://www.jma.go.jp/")
    assert page.evaluate("history.length") == n


def test_without_javascript_the_blank_page_follows(walker, two_students):
    tablet = walker("tablet", script=False)
    tablet.go("/places/")
    tablet.page.locator("form[data-leave=quick] button").click()
    says_nothing(tablet.page)


KEPT = """async () => {
  const found = [location.pathname];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) found.push(url);
  for (const row of [...await store.read("items"), ...await store.read("flags")]) found.push(JSON.stringify(row));
  return [...found.slice(1), JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
}"""


def test_reading_the_self_help_cards_is_kept_nowhere_in_the_browser(asking):
    asking.go("/notes/")
    asking.page.wait_for_timeout(300)
    kept = asking.page.evaluate(KEPT)
    assert kept
    assert not [each for each in kept if "notes" in each]


@pytest.mark.parametrize("way", ["quick", "plain"])
def test_no_try_of_many_leaves_an_address_that_says_what_was_open(
    walker, two_students, sign_in, way
):
    student, _ = two_students["さくら"]
    staffed(student)
    tablet = walker("tablet")
    page, left = tablet.page, []
    for n in range(TRIES):
        signed_in(tablet, sign_in, student.user)
        tablet.go(ASK if way == "quick" else "/checkin/rhythm/")
        page.locator(f"form[data-leave={way}] button").click()
        page.wait_for_url("**/blank/" if way == "quick" else f"{tablet.base}/")
        seen = [page.url]
        page.go_back()
        page.wait_for_timeout(20 * (n % 3))
        seen.append(page.url)
        page.goto(f"{tablet.base}{ASK}")
        seen.append(page.url)
        left += [url for url in seen if TELLING.search(url) or ASK in url]
    assert left == []
