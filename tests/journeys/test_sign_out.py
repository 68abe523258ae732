"""Whoever left is gone only when the portal has said so; until then nobody sees anything of theirs."""

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import expect

from tests.journeys.shared_tablet import answer, enter, leave, open_form, send, worker_is_ready

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PROOF = "/leave/proved/"
HANGING = "IDBFactory.prototype.open = () => ({});"
STORES_OF = """(stores) => new Promise((yes, no) => {
  const gone = indexedDB.deleteDatabase("portal-outbox");
  gone.onerror = no;
  gone.onsuccess = () => {
    const request = indexedDB.open("portal-outbox", 7);
    request.onupgradeneeded = () => {
      for (const name of stores) request.result.createObjectStore(name, { keyPath: "id" });
    };
    request.onsuccess = () => { request.result.close(); yes(true); };
  };
})"""


def signed_in_sessions():
    return sum("_auth_user_id" in each.get_decoded() for each in Session.objects.all())


def is_neutral(tablet):
    """Nothing of a person, the lines, and ways to somebody who listens."""
    page = tablet.page
    expect(page.get_by_role("heading", name="を しています")).to_be_visible()
    expect(page.get_by_text("0120-0-78310").first).to_be_visible()
    expect(page.get_by_role("link", name="カードで")).to_be_visible()
    assert "さくら" not in page.content()


def is_over(tablet):
    """The first page of nobody; the portal knows no session any more."""
    expect(tablet.page.get_by_role("heading", name="ここから")).to_be_visible(timeout=15_000)
    assert signed_in_sessions() == 0


def left_unproved(tablet, two_students, outer_network, status=503):
    """さくら has pressed the button of leaving; the portal's proof of it does not come."""
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    outer_network.faults[PROOF] = status
    leave(tablet.page)
    is_neutral(tablet)
    return tablet


@pytest.mark.parametrize("status", [502, 503, 403])
def test_leaving_is_believed_only_when_the_portal_proves_it(
    tablet_behind, two_students, outer_network, status
):
    tablet = tablet_behind("phone", dark=status == 503)
    left_unproved(tablet, two_students, outer_network, status)
    tablet.complaints.clear()
    tablet.check(f"leaving-{status}")
    tablet.go("/checkin/")
    is_neutral(tablet)
    assert signed_in_sessions() == 1
    outer_network.faults.clear()
    is_over(tablet)


def test_left_without_network_a_first_answer_of_502_lowers_nothing(
    tablet_behind, two_students, outer_network
):
    tablet = tablet_behind("tablet")
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    tablet.context.set_offline(True)
    leave(tablet.page)
    expect(tablet.page.get_by_role("heading", name="つながって いません")).to_be_visible()
    outer_network.faults[PROOF] = 502
    tablet.context.set_offline(False)
    tablet.go("/")
    is_neutral(tablet)
    tablet.complaints.clear()
    tablet.check("leaving-after-offline")
    outer_network.faults.clear()
    enter(tablet, two_students["れん"][1], "れん")
    tablet.go("/")
    expect(tablet.page.locator(".me")).to_have_text("れん さん")
    assert signed_in_sessions() == 1


def test_places_to_talk_are_there_for_everybody_and_name_nobody(
    tablet_behind, two_students, outer_network
):
    tablet = left_unproved(tablet_behind("phone"), two_students, outer_network)
    tablet.page.locator("main a[href='/places/']").click()
    tablet.page.wait_for_url("**/places/")
    assert "さくら" not in tablet.page.content()
    expect(tablet.page.locator("h1")).to_contain_text("場所")


@pytest.mark.parametrize("stores", [["items", "flags"], ["items"], []])
def test_a_database_of_another_version_or_without_a_store_keeps_nobody_from_leaving(
    walker, two_students, stores
):
    tablet = walker("tablet")
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(tablet.page)
    tablet.page.evaluate(STORES_OF, stores)
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    expect(tablet.page.locator("#kept")).to_be_visible()
    tablet.context.set_offline(False)
    leave(tablet.page)
    is_over(tablet)


def test_a_database_that_never_answers_keeps_nobody_from_leaving(walker, two_students):
    tablet = walker("tablet")
    tablet.context.add_init_script(HANGING)
    enter(tablet, two_students["さくら"][1], "さくら")
    leave(tablet.page)
    is_over(tablet)


def test_what_is_only_held_in_memory_is_not_called_safe(walker, two_students):
    tablet = walker("tablet")
    tablet.context.add_init_script(HANGING)
    enter(tablet, two_students["さくら"][1], "さくら")
    open_form(tablet)
    answer(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    expect(tablet.page.locator("#held")).to_be_visible()
    expect(tablet.page.get_by_text("ことは きえます")).to_be_visible()
    expect(tablet.page.locator("#kept")).to_be_hidden()
    tablet.complaints.clear()
    tablet.check("held-in-memory")


def test_without_a_worker_nothing_of_the_person_who_left_is_shown_again(
    tablet_behind, two_students, outer_network
):
    tablet = tablet_behind("tablet")
    tablet.context.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'serviceWorker', {value: undefined});"
        "delete Navigator.prototype.serviceWorker;"
    )
    enter(tablet, two_students["さくら"][1], "さくら")
    outer_network.faults[PROOF] = 503
    leave(tablet.page)
    expect(tablet.page.get_by_role("heading", name="わって います")).to_be_visible()
    tablet.page.wait_for_timeout(500)
    assert tablet.page.evaluate("localStorage.leaving")
    tablet.complaints.clear()
    tablet.check("leaving-without-worker")
    tablet.go("/")
    expect(tablet.page.get_by_role("heading", name="わって います")).to_be_visible()
    assert "さくら" not in tablet.page.inner_text("body")
    outer_network.faults.clear()
    is_over(tablet)


def test_the_card_leads_in_once_the_leaving_is_proved_and_before_that_says_where_to_go(
    tablet_behind, two_students, outer_network
):
    tablet = left_unproved(tablet_behind("phone"), two_students, outer_network)
    tablet.press("カードで")
    is_neutral(tablet)
    expect(tablet.page.get_by_text("ほかの タブレット")).to_be_visible()
    outer_network.faults.clear()
    tablet.go("/card/")
    expect(tablet.page.locator("form[action='/card/'], #id_code").first).to_be_visible()
    assert signed_in_sessions() == 0


def test_the_card_leads_in_where_the_session_was_over_before_the_leaving(
    tablet_behind, two_students, outer_network
):
    tablet = left_unproved(tablet_behind("phone"), two_students, outer_network)
    Session.objects.all().delete()
    cache.clear()
    outer_network.faults.clear()
    enter(tablet, two_students["れん"][1], "れん")
