"""Each item of a tablet's outbox stands alone; what cannot be delivered is told to its writer."""

import pytest
from playwright.sync_api import expect

from apps.checkins.models import CheckIn, DeliveryKey
from apps.checkins.services import delivery_keys
from tests.journeys.shared_tablet import (
    answer,
    arrives,
    enter,
    leave,
    open_form,
    send,
    waits_on,
)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
UUID = "0123abcd-0000-4000-8000-00000000000a"
BAD = [
    {"id": "a", "key": "nope"},
    {"id": "b"},
    {"id": "c", "to": "/outbox/help-requests/", "key": UUID, "sealed_to": UUID, "body": "!!"},
    {"id": "d", "to": "/checkin/deliver/", "key": UUID, "sealed_to": UUID, "body": "é"},
    {"id": "e", "to": "/card/", "key": UUID, "sealed_to": UUID, "body": ""},
    {"id": "f", "to": "/checkin/deliver/", "key": [1], "sealed_to": 3, "body": None},
    {"id": "g", "to": "/checkin/deliver/", "key": UUID, "sealed_to": UUID, "body": "A" * 300_000},
]


def test_items_that_are_none_hold_up_nobodys_answer(walker, two_students):
    tablet = walker("tablet")
    sakura, code = two_students["さくら"]
    enter(tablet, code, "さくら")
    open_form(tablet)
    tablet.context.set_offline(True)
    for item in BAD:
        assert tablet.page.evaluate("(item) => outbox.put(item)", item)
    answer(tablet)
    send(tablet)
    expect(tablet.page.locator("#kept")).to_be_visible()
    tablet.context.set_offline(False)
    arrives(tablet)
    assert CheckIn.objects.get().student == sakura


@pytest.mark.parametrize(("size", "dark"), [("phone", True), ("tablet", False)])
def test_what_can_never_be_delivered_is_told_to_its_writer_and_nobody_else(
    walker, two_students, size, dark
):
    tablet = walker("tablet", dark=dark)
    enter(tablet, two_students["さくら"][1], "さくら")
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    waits_on(tablet)
    leave(tablet.page)
    expect(tablet.page.get_by_role("heading", name="つながって いません")).to_be_visible()
    DeliveryKey.objects.all().delete()
    delivery_keys.forget_cached_keys()
    tablet.context.set_offline(False)
    lost = tablet.page.locator("#undelivered")

    enter(tablet, two_students["れん"][1], "れん")
    arrives(tablet, 0)
    tablet.go("/")
    expect(tablet.page.locator("#outbox")).not_to_have_class("note")
    tablet.page.wait_for_timeout(500)
    expect(lost).to_be_hidden()
    leave(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    expect(lost).to_be_hidden()

    enter(tablet, two_students["さくら"][1], "さくら")
    expect(lost).to_be_visible()
    tablet.complaints.clear()
    if size == "phone":
        tablet.page.set_viewport_size({"width": 390, "height": 844})
    tablet.check(f"undelivered-{size}{'-dark' if dark else ''}")
    lost.get_by_role("button").click()
    expect(lost).to_be_hidden()
    tablet.page.reload()
    tablet.page.wait_for_timeout(500)
    expect(lost).to_be_hidden()
