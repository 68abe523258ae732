"""Without network the app opens for everybody, whatever became of the browser's caches."""

import pytest
from playwright.sync_api import expect

from tests.journeys.shared_tablet import (
    answer,
    enter,
    leave,
    open_form,
    send,
    waits_on,
    worker_is_ready,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
EMPTY = "caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name))))"
HELD = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
  return found;
}"""
BROKEN = b"""for (const verb of ["open", "match", "keys", "delete"])
  CacheStorage.prototype[verb] = () => Promise.reject(new Error("the disk is full"));
"""


def opens(tablet, path="/"):
    """The page without network with its lines."""
    tablet.go(path)
    expect(tablet.page.locator("a[href='tel:0120078310']").first).to_be_visible()
    expect(tablet.page.get_by_role("heading", name="つながって いません").first).to_be_visible()


def test_after_leaving_with_an_item_waiting_the_app_opens_without_network(walker, two_students):
    tablet = walker("phone")
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    tablet.page.set_viewport_size({"width": 820, "height": 1180})
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    waits_on(tablet)
    leave(tablet.page)
    expect(tablet.page.get_by_role("heading", name="つながって いません")).to_be_visible()
    for path in ("/", "/checkin/", "/?s=pwa"):
        opens(tablet, path)
    waits_on(tablet)


def test_after_leaving_with_nothing_waiting_it_opens_too(walker, two_students):
    tablet = walker("phone")
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    leave(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    tablet.context.set_offline(True)
    opens(tablet)


def test_a_cache_that_is_gone_is_filled_again_by_the_next_page(walker, two_students):
    tablet = walker("tablet")
    tablet.go("/")
    worker_is_ready(tablet.page)
    before = sorted(tablet.page.evaluate(HELD))
    assert "/offline/" in before
    tablet.page.evaluate(EMPTY)
    tablet.go("/")
    for _ in range(50):
        if set(before) <= set(tablet.page.evaluate(HELD)):
            break
        tablet.page.wait_for_timeout(100)
    assert set(before) <= set(tablet.page.evaluate(HELD))
    tablet.context.set_offline(True)
    opens(tablet)


def test_an_empty_cache_still_leaves_the_phone_numbers(walker, two_students):
    tablet = walker("phone")
    tablet.go("/")
    worker_is_ready(tablet.page)
    tablet.page.evaluate(EMPTY)
    tablet.context.set_offline(True)
    opens(tablet)
    tablet.complaints.clear()
    tablet.check("last-resort")


def test_a_cache_that_throws_falls_back_to_the_network(tablet_behind, two_students, outer_network):
    outer_network.prefixes["/static/js/offline_cache.js"] = BROKEN
    tablet = tablet_behind("tablet")
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    tablet.go("/checkin/")
    expect(tablet.page.locator("form.steps")).to_be_visible()
    tablet.check()
    leave(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    tablet.context.set_offline(True)
    opens(tablet)


def test_the_cache_takes_no_file_of_the_browsers_own_cache(tablet_behind, outer_network, db):
    path = "/static/js/offline_page.js"
    outer_network.headers[path] = {"Cache-Control": "public, max-age=86400"}
    outer_network.faults["/sw.js"] = 404
    tablet = tablet_behind("tablet")
    tablet.go("/offline/")
    outer_network.faults.clear()
    outer_network.prefixes[path] = b"// the next version\n"
    tablet.go("/")
    worker_is_ready(tablet.page)
    text = tablet.page.evaluate(f"caches.match('{path}').then((answer) => answer.text())")
    assert text.startswith("// the next version")
