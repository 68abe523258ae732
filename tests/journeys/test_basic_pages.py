"""Pages everybody needs: installed, without network, without JavaScript, in both schemes."""

import re

import pytest
from playwright.sync_api import expect

from apps.checkins.models import CheckIn
from apps.people.models import Municipality
from apps.signin.services import cards
from tests import factories
from tests.journeys.main_path_steps import PIN

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_the_portal_is_installable_and_says_so_offline(walker, officer):
    tablet = walker("tablet")
    base = tablet.base.replace("127.0.0.1", "localhost")
    tablet.go(f"{base}/")
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = tablet.context.new_cdp_session(tablet.page)
    session.send("Page.enable")
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
    tablet.context.set_offline(True)
    tablet.go(f"{base}/notices/")
    expect(tablet.page.get_by_text("0120-0-78310")).to_be_visible()
    tablet.complaints.clear()  # the browser itself complains of being offline
    stored = tablet.page.evaluate(
        "caches.keys().then(ks => Promise.all(ks.map(k => caches.open(k).then(c => c.keys())))).then(all => all.flat().map(r => new URL(r.url).pathname))"
    )
    assert all(
        path in ("/offline/", "/not-sent/", "/blank/") or path.startswith("/static/")
        for path in stored
    )


def test_everything_a_student_needs_works_without_javascript(walker, officer, live_server):
    city = Municipality.objects.get()
    school = factories.school(city)
    sakura = factories.student(factories.school_class(school), "さくら")
    factories.make_effective(sakura, "checkin_review")
    ((_, code),) = cards.issue_cards([sakura], by=officer)
    tablet = walker("tablet", script=False)
    page = tablet.page
    tablet.go(f"/c/#{code}")  # without scripts the code is typed
    page.fill("#id_code", code)
    page.locator("main button").click()
    page.fill("#id_pin", PIN)
    page.fill("#id_again", PIN)
    page.locator("main button").click()
    page.get_by_role("button", name="ふつう").click()
    page.locator("form[method=post] button.button--solid:visible").last.click()
    expect(page).to_have_url(re.compile("/checkin/done"))
    assert CheckIn.objects.count() == 1
    tablet.go("/pages/")
    expect(page.get_by_text("あぶない").first).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "tablet"])
def test_open_pages_pass_in_both_schemes_and_sizes(walker, officer, size, dark):
    visitor = walker(size, dark=dark)
    for path in (
        "/",
        "/places/",
        "/card/",
        "/letter/",
        "/accounts/login/",
        "/offline/",
        "/not-sent/",
        "/nowhere-at-all/",
    ):
        visitor.go(path)
        if "nowhere" in path:
            visitor.complaints.clear()  # a missing page is a 404 in the console too
        visitor.check()
