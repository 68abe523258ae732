"""What a student does at a shared tablet."""

import time
from contextlib import suppress
from types import SimpleNamespace

from django.conf import settings
from playwright.sync_api import TimeoutError as NotThere
from playwright.sync_api import expect

from apps.checkins.models import CheckIn
from apps.people.models import Role
from tests import factories

PIN = "7305"
WORDS = "だれにも いわないで"
FORMS = {"/checkin/": "textarea[name=words]", "/pages/2/": "#words"}
TYPED = """() => [...document.querySelectorAll("textarea, input:not([type=hidden]):not([type=radio])")]
  .map((field) => field.value).join("")"""
# The page's scripts run after it is shown.
COUNTED = """() => new Promise((yes, no) => {
  setTimeout(() => no(new Error(`${location.pathname} has no outbox`)), 10000);
  const look = () => self.outbox ? yes(outbox.count()) : setTimeout(look, 50);
  look();
})"""
CONTROLLED = """() => new Promise((yes, no) => {
  setTimeout(async () => {
    const found = await navigator.serviceWorker.getRegistration();
    const states = [found?.installing, found?.waiting, found?.active].map((worker) => worker?.state);
    no(new Error(`no worker controls this page: ${states} ${navigator.serviceWorker.controller?.state}`));
  }, 20000);
  const look = () => {
    if (navigator.serviceWorker.controller?.state === "activated") yes(true);
    else setTimeout(look, 50);
  };
  look();
})"""


def enter(tablet, code, name):
    tablet.go(f"/c/#{code}")
    tablet.page.fill("#id_pin", PIN)
    tablet.page.locator("main form button").last.click()
    expect(tablet.page.locator(".me")).to_have_text(f"{name} さん")


def signed_in(who, sign_in, user):
    """This browser with a session of theirs; ``sign_in`` is the fixture."""
    cookie = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    name = settings.SESSION_COOKIE_NAME
    who.context.add_cookies([{"name": name, "value": cookie, "url": who.base}])
    return who


def worker_is_ready(page):
    """The worker has its cache and controls this page."""
    page.evaluate(CONTROLLED)


def open_form(tablet):
    tablet.go("/checkin/")
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(tablet.page.locator("form.steps")).to_be_visible()


def answer(tablet, mood="1", words=WORDS):
    tablet.page.locator(f"input[name=mood][value='{mood}']").check(force=True)
    tablet.page.locator("textarea[name=words]").fill(words)


def send(tablet):
    tablet.page.locator("form.steps button.button--solid:visible").last.click()


def leave(page):
    page.locator("form[data-leave] button").first.click()


def n_waiting(tablet):
    return tablet.page.evaluate(COUNTED)


def waits_on(tablet, n=1):
    expect(tablet.page.locator("[data-say=waiting]")).to_be_visible()
    assert n_waiting(tablet) == n


def send_again(tablet):
    """Press the button; there is none where the tablet has sent everything by itself."""
    with suppress(NotThere):
        tablet.page.locator("#outbox button").click(timeout=3000)


def arrives(tablet, n=1):
    """The tablet waits for nothing any more, and ``n`` check-ins are kept."""
    deadline = time.monotonic() + 15
    while CheckIn.objects.count() < n or n_waiting(tablet):
        assert time.monotonic() < deadline, "it did not arrive in time"
        tablet.page.wait_for_timeout(200)
    assert CheckIn.objects.count() == n


def staffed(student):
    """Gives the student's two_students a roster that is on."""
    cast = SimpleNamespace(
        city=student.municipality,
        school=student.school,
        nurse=factories.staff_post(Role.NURSE, student.school),
        counsellor=factories.staff_post(Role.COUNSELLOR, student.school),
        principal=factories.staff_post(Role.PRINCIPAL, student.school),
    )
    factories.duty_roster(cast)


def write(page, path):
    """Words and a choice of the first student."""
    page.locator(FORMS[path]).fill(WORDS)
    page.locator("input[type=radio][value='2'], input[type=radio][value=nurse]").first.check(
        force=True
    )
