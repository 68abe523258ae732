"""A network that hangs, and browsers of some years ago (docs/browsers.md): nothing waits for ever."""

import time

import pytest
from playwright.sync_api import expect

from apps.checkins.models import CheckIn
from tests.journeys.network_proxy import HANGS
from tests.journeys.shared_tablet import (
    answer,
    arrives,
    enter,
    leave,
    open_form,
    send,
    signed_in,
    waits_on,
    worker_is_ready,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
# What the oldest browsers we serve do not know (docs/browsers.md), for a page and for the worker.
OLD = """
for (const [owner, name] of [
  [AbortSignal, "timeout"], [AbortSignal, "any"], [self, "BroadcastChannel"], [self, "structuredClone"],
  [Navigator.prototype, "locks"], [Crypto.prototype, "randomUUID"], [Array.prototype, "at"],
  [Array.prototype, "findLast"], [Object, "hasOwn"], [String.prototype, "at"], [Promise, "withResolvers"],
  [IDBFactory.prototype, "databases"], [self, "SyncManager"], [self, "reportError"],
]) delete owner[name];
""".replace("Navigator.prototype", "Object.getPrototypeOf(navigator)")


def test_a_network_that_hangs_shows_at_once_that_it_sends_and_then_keeps(
    tablet_behind, two_students, outer_network
):
    tablet = tablet_behind("tablet")
    enter(tablet, two_students["さくら"][1], "さくら")
    open_form(tablet)
    answer(tablet)
    outer_network.faults["/checkin/deliver/"] = HANGS
    send(tablet)
    expect(tablet.page.locator("#sending")).to_be_visible(timeout=1000)
    tablet.complaints.clear()
    tablet.check("sending")
    expect(tablet.page.locator("#kept")).to_be_visible(timeout=14_000)
    expect(tablet.page.locator("#sending")).to_be_hidden()
    waits_on(tablet)


def test_a_page_that_does_not_come_is_the_page_without_network(
    tablet_behind, two_students, outer_network
):
    tablet = tablet_behind("tablet")
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    outer_network.faults["/"] = HANGS
    begun = time.monotonic()
    tablet.go("/notices/")
    expect(tablet.page.locator("a[href='tel:0120078310']").first).to_be_visible()
    assert time.monotonic() - begun < 14


def test_a_long_list_of_the_staff_may_take_its_time(tablet_behind, cast, sign_in, outer_network):
    desk = signed_in(tablet_behind("tablet"), sign_in, cast.nurse.user)
    desk.go("/places/")
    worker_is_ready(desk.page)
    outer_network.delays["/admin/people/student/"] = 11
    assert desk.go("/admin/people/student/").status == 200


def test_leaving_where_nothing_answers_ends_on_the_page_that_names_nobody(
    tablet_behind, two_students, outer_network
):
    tablet = tablet_behind("tablet")
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    outer_network.faults["/"] = HANGS
    leave(tablet.page)
    expect(tablet.page.get_by_role("heading", name="わって います")).to_be_visible(timeout=2000)
    expect(tablet.page.locator("#now")).to_be_visible(timeout=20_000)
    assert "さくら" not in tablet.page.content()


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_page_of_a_balancer_is_the_page_without_network(
    tablet_behind, two_students, outer_network, status
):
    tablet = tablet_behind("tablet")
    tablet.go("/")
    worker_is_ready(tablet.page)
    outer_network.faults["/places/"] = status
    tablet.go("/places/")
    expect(tablet.page.locator("a[href='tel:0120078310']").first).to_be_visible()


def test_the_oldest_browser_delivers_once_and_leaves(tablet_behind, two_students, outer_network):
    outer_network.prefixes["/sw.js"] = OLD.encode()
    tablet = tablet_behind("tablet")
    tablet.context.add_init_script(OLD)
    enter(tablet, two_students["さくら"][1], "さくら")
    assert tablet.page.evaluate("AbortSignal.timeout") is None
    worker_is_ready(tablet.page)
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    expect(tablet.page.locator("#kept")).to_be_visible()
    waits_on(tablet)
    tablet.context.set_offline(False)
    arrives(tablet)
    assert CheckIn.objects.get().student == two_students["さくら"][0]
    tablet.complaints.clear()
    tablet.check()
    leave(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()


@pytest.mark.parametrize(
    "missing",
    [
        "Object.defineProperty(crypto, 'subtle', {value: undefined});",
        "delete self.indexedDB; delete self.caches; delete self.AbortController;"
        "delete Object.getPrototypeOf(navigator).serviceWorker; delete self.crypto;"
        "Object.defineProperty(self, 'crypto', {value: undefined});",
    ],
)
def test_a_browser_that_cannot_seal_gets_the_plain_form(tablet_behind, two_students, missing):
    tablet = tablet_behind("tablet")
    tablet.context.add_init_script(missing)
    enter(tablet, two_students["さくら"][1], "さくら")
    tablet.go("/checkin/")
    answer(tablet)
    send(tablet)
    tablet.page.wait_for_url("**/checkin/done/*")
    assert CheckIn.objects.count() == 1
    leave(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
