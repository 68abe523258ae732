"""A real browser, on a phone, a tablet and a desk; every page passes axe and breaks no rule."""

import os
from datetime import time as time_of_day
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, sync_playwright

from apps.cases.services import shipped_rules
from apps.checkins.services import delivery_keys, question_sets
from apps.consent.models import Purpose
from apps.consent.services import documents
from apps.notices.services import organisations
from apps.people.models import Municipality, Role
from apps.push.models import QuietHours
from apps.signin.services import cards
from tests import factories
from tests.journeys.browser import PROGRAM, Chromium
from tests.journeys.main_path_steps import set_password
from tests.journeys.network_proxy import between
from tests.journeys.shared_tablet import PIN

SIZES = {
    "phone": {"width": 390, "height": 844},
    "tablet": {"width": 820, "height": 1180},
    "desk": {"width": 1280, "height": 900},
}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what passes is not described
}


@pytest.fixture(scope="module")
def chromium():
    """The browser, only while the journeys run: its driver keeps an event loop in this thread."""
    if PROGRAM is None:
        pytest.fail(
            "The journeys need Chromium: 'make browser' installs it, or set CHROMIUM=/path."
        )
    with sync_playwright() as driver:
        browser = Chromium(driver)
        yield browser
        browser.close()


class Walker:
    """One person's browser. ``look`` is called on every page that matters."""

    def __init__(self, context, base):
        self.context, self.base, self.complaints = context, base, []
        self.page = context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.set_default_timeout(15_000)

    def _listen(self, message):
        if message.type == "error" and "favicon" not in message.text:
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def go(self, path):
        """Open ``path``; once more where the page went somewhere by itself at the same moment."""
        address = path if path.startswith("http") else f"{self.base}{path}"
        try:
            return self.page.goto(address)
        except Error as error:
            if "net::ERR_ABORTED" not in error.message:
                raise
        return self.page.goto(address)

    def press(self, name, exact=False):
        """Press the button or link of this name, whichever there is."""
        button = self.page.get_by_role("button", name=name, exact=exact)
        link = self.page.get_by_role("link", name=name, exact=exact)
        button.or_(link).first.click()

    def check(self, name=""):
        """No axe violation, no complaint in the console, no sideways scroll; keeps a picture."""
        self.page.locator("main").first.wait_for(state="attached")
        self.page.wait_for_load_state()
        assert self.complaints == [], f"{self.page.url}: {self.complaints}"
        found = Axe().run(self.page, options=RULES).response["violations"]
        violations = [
            (rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found
        ]
        self.complaints.clear()  # axe itself tries an inline style now and then
        assert violations == [], f"{self.page.url}: {violations}"
        width = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{self.page.url} scrolls sideways by {width}px"
        if name and os.environ.get("SCREENS"):
            folder = Path(os.environ["SCREENS"])
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.fixture
def walker(chromium, live_server):
    """walker("phone", dark=True, script=False) opens a browser of its own; all close at the end.

    ``touch``: as a phone draws it, with a size of text of its own (text-size-adjust).
    """
    contexts = []

    def open_one(size="desk", *, dark=False, script=True, touch=False):
        context = chromium.new_context(
            viewport=SIZES[size],
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            is_mobile=touch,
        )
        contexts.append(context)
        # A service worker needs "localhost"; the live server listens there too.
        return Walker(context, live_server.url)

    yield open_one
    for context in contexts:
        chromium.close(context)


@pytest.fixture
def two_students(db):
    """Two students of one class with used cards; both may check in."""
    delivery_keys.forget_cached_keys()
    question_sets.published_question_set.cache_clear()
    question_sets.seed_questions()
    at = factories.school(factories.municipality())
    of_class = factories.school_class(at)
    found = {}
    for number, name in enumerate(("さくら", "れん"), 1):
        student = factories.student(of_class, name, number=number)
        ((_, code),) = cards.issue_cards([student], by=None)
        student = factories.choose_own_pin(code, PIN)
        factories.make_effective(student, Purpose.CHECKIN_REVIEW)
        found[name] = (student, code)
    return found


@pytest.fixture
def outer_network(live_server):
    """What stands between the tablets and the portal; pass its url to ``tablet_behind``."""
    with between(live_server.url) as network:
        yield network


@pytest.fixture
def tablet_behind(walker, outer_network):
    """tablet_behind("phone", dark=True): a browser that reaches the portal through it."""

    def open_one(size="tablet", **options):
        opened = walker(size, **options)
        opened.base = outer_network.url
        return opened

    return open_one


@pytest.fixture(autouse=True)
def school_day(monkeypatch):
    """Whatever the calendar says on the day of this run, school does not rest."""
    monkeypatch.setattr("apps.checkins.frequency_rules.is_rest_day", lambda day, breaks=(): False)


@pytest.fixture
def officer():
    """The city officer, appointed and with a second factor; a municipality with its words."""
    city = Municipality.objects.create(code="172065", name="加賀市(架空)")
    factories.programme(city)
    # No quiet hours: the test passes at any hour.
    midnight = time_of_day(0)
    QuietHours.objects.create(municipality=city, begins=midnight, ends=midnight)
    documents.install_seed_documents(city)
    question_sets.seed_questions()
    organisations.install_seed_organisations(city)
    shipped_rules.seed_rules(city)
    post = factories.staff_post(Role.CITY, of=city, email="shi@mihon.example", name="市の担当")
    set_password(post.user)
    return post.user
