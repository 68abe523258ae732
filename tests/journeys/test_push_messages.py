"""A push message arrives in a real browser: two people, a real worker, our encryption, its decryption.

Nothing between is replaced: Chromium subscribes at a push service of its own protocol on loopback
(push_transport.py), the page binds the endpoint it was given, the admin's publishing wakes a
Celery worker of its own process, which encrypts and sends over TLS, and Chromium decrypts and
wakes the service worker. One thing headless Chromium cannot do: nobody can tap a notification.
The worker's own handler is started with the notification that is shown; ``focus()``, which wants
a tap, is the only thing it does not really do.
"""

import os
import re
import subprocess
import sys
from datetime import time

import pytest
from celery import Celery
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import expect

from apps.notices.models import Notice
from apps.people.models import Role
from apps.push.models import DeliveryState, DeviceState, PushDelivery, PushSubscription, QuietHours
from kaga_portal.task_queues import QUEUES, ROUTES
from tests import factories
from tests.faults.conftest import kill, running_broker, until
from tests.journeys.browser import FLAGS, PROGRAM
from tests.journeys.conftest import SIZES, Walker
from tests.journeys.network_proxy import HANGS
from tests.journeys.push_transport import PushTransport
from tests.journeys.shared_tablet import leave, signed_in, worker_is_ready

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
HOST = "jmt17.google.com"  # the name this build of Chromium puts into its endpoints
WORDS = "お知らせが 1つ あります"
TRIAL = "ためしの 通知です"
TITLE = "｜秋《あき》の お｜知《し》らせ"
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, tag, data }) => ({ title, body, tag, path: data.path }))"""
CLOSE = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .forEach((shown) => shown.close())"""
TAP = """async () => {
  WindowClient.prototype.focus = async function () { return this; };
  const [notification] = await registration.getNotifications();
  dispatchEvent(new NotificationEvent("notificationclick", { notification }));
}"""

# Nobody can tap: the window that cannot be brought forward, and what is opened in its place.
TAP_WHERE_IT_FAILS = """async (verb) => {
  WindowClient.prototype.focus = async function () { return this; };
  WindowClient.prototype[verb] = () => Promise.reject(new TypeError("not now"));
  clients.openWindow = async (path) => { self.opened = path; };
  await registration.showNotification("x", { data: { path: "/notices/" } });
  const [notification] = await registration.getNotifications();
  dispatchEvent(new NotificationEvent("notificationclick", { notification }));
}"""
# A browser that says which subscription it changed into which, and one that says nothing.
CHANGED = """async (isTold) => {
  const old = await registration.pushManager.getSubscription();
  const { applicationServerKey } = old.options;
  await old.unsubscribe();
  const event = new ExtendableEvent("pushsubscriptionchange");
  if (isTold) {
    event.oldSubscription = old;
    event.newSubscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  }
  dispatchEvent(event);
}"""


@pytest.fixture
def transport(tmp_path):
    created = PushTransport(tmp_path, HOST)
    yield created
    created.close()


@pytest.fixture
def broker():
    with running_broker() as created:
        yield created


@pytest.fixture
def worker(transport, broker, live_server, monkeypatch, tmp_path):
    """A Celery worker without a beat: only a wake-up makes it send."""
    address = f"redis+socket://{broker.socket}?virtual_host=0"
    portal = Celery("portal", broker=address, set_as_current=False)
    portal.conf.task_routes = ROUTES
    monkeypatch.setattr("apps.core.clock.current_app", portal)
    monkeypatch.setattr("apps.core.clock._away.until", 0.0)
    url, name = os.environ["DATABASE_URL"], settings.DATABASES["default"]["NAME"]
    sent = {
        "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}",
        "REDIS_URL": f"unix://{broker.socket}?db=0",
        "PORTAL_URL": live_server.url,
        "PUSH_LANE": "1",
        "PUSH_SANDBOX_ORIGIN": transport.origin,
        "PUSH_CA_FILE": str(transport.certificate),
        "RINGING_CONNECT_TO": transport.connect_to,
    }
    with open(tmp_path / "worker.log", "wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tests.journeys.push_worker_app", "worker",
             "--concurrency", "1", "--without-mingle", "--without-gossip",
             "--queues", ",".join(QUEUES)],
            cwd=settings.BASE_DIR, env={**os.environ, **sent}, start_new_session=True,
            stdout=log, stderr=log,
        )  # fmt: skip
    yield running
    kill(running)


@pytest.fixture
def tablet(chromium, transport, live_server, tmp_path, cast, sign_in):
    """sakura's own browser: a profile on disk (a private window has no push), notices allowed."""
    context = chromium.type.launch_persistent_context(
        tmp_path / "profile",
        executable_path=PROGRAM,
        args=[*(flag for flag in FLAGS if "background" not in flag), *transport.switches()],
        viewport=SIZES["tablet"],
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
    )
    context.grant_permissions(["notifications"], origin=live_server.url)
    who = signed_in(Walker(context, live_server.url), sign_in, cast.sakura.user)
    yield who
    chromium.close(context)


@pytest.fixture
def awake(cast):
    """This city has no quiet hours: the test runs at any hour."""
    QuietHours.objects.create(municipality=cast.city, begins=time(0), ends=time(0))


def subscribe(tablet):
    """She taps the button on her page of push messages; the page binds what the browser gave it."""
    tablet.go("/push/")
    tablet.page.locator("[data-turn-on]").click()
    expect(tablet.page.locator("[data-state=ok]")).to_be_visible(timeout=30_000)
    return PushSubscription.objects.get()


def shown(tablet, n=1):
    """What stands in the browser's list of notifications, once there are ``n``."""
    return until(lambda: (found := tablet.page.evaluate(SHOWN)) and len(found) == n and found)


def publish(desk, second):
    """One person writes and asks, another one reads and publishes; returns the Notice."""
    desk.go("/admin/notices/notice/add/")
    desk.page.fill("#id_title", TITLE)
    desk.page.fill("#id_body", "**｜秋《あき》**です。")
    desk.page.get_by_label("中学1年").check()
    desk.page.locator("input[name=_save]").click()
    desk.press("確認をたのむ")
    second.go(desk.page.url)
    second.press(re.compile("人に公開する"))
    expect(second.page.get_by_text("公開しました。")).to_be_visible()
    return Notice.objects.get()


def test_a_published_notice_reaches_a_students_tablet_and_opens(
    cast, awake, transport, worker, tablet, walker, sign_in
):
    device = subscribe(tablet)
    assert device.user == cast.sakura.user
    assert device.endpoint.startswith(f"https://{HOST}/")
    tablet.check("push-on")

    colleague = factories.staff_post(Role.CITY, of=cast.city, name="確かめる人")
    desk = signed_in(walker("desk"), sign_in, cast.officer.user)
    second = signed_in(walker("desk"), sign_in, colleague.user)
    notice = publish(desk, second)

    (message,) = shown(tablet)
    path = f"/notices/{notice.pk}/"
    assert message == {
        "title": WORDS,
        "body": "",
        "tag": notice.pk.hex,
        "path": f"{tablet.base}{path}",
    }
    row = until(lambda: PushDelivery.objects.exclude(acked_at=None).first())
    assert (row.subscription_id, row.state) == (device.pk, DeliveryState.ACCEPTED)
    (body,) = transport.bodies
    assert b"web_push" not in body

    tablet.go("/")
    tablet.context.service_workers[0].evaluate(TAP)
    tablet.page.wait_for_url(f"**{path}")
    expect(tablet.page.get_by_role("heading", name=re.compile("秋"))).to_be_visible()
    assert tablet.page.evaluate(SHOWN) == []
    tablet.check("push-opened")


def test_what_was_changed_on_its_way_is_not_shown_and_the_test_message_is(
    transport, worker, tablet
):
    subscribe(tablet)
    tablet.press("ためす")
    expect(tablet.page.locator("#trial.note--ok")).to_be_visible(timeout=30_000)
    assert [message["title"] for message in shown(tablet)] == [TRIAL]
    tablet.check("push-trial")
    tablet.page.evaluate(CLOSE)

    (body,) = transport.bodies
    transport.deliver(body[:-1] + bytes([body[-1] ^ 1]))
    transport.deliver(body)  # as it was: on the same line, so it comes after the other one
    (message,) = shown(tablet)
    assert message["title"] == TRIAL
    assert transport.n_delivered == 3


def test_the_next_student_of_the_tablet_takes_the_endpoint_over(cast, transport, tablet, sign_in):
    device = subscribe(tablet)
    assert device.user == cast.sakura.user
    signed_in(tablet, sign_in, cast.ren.user)
    tablet.go("/")
    until(lambda: PushSubscription.objects.filter(user=cast.ren.user).exists())
    again = PushSubscription.objects.get()
    assert (again.pk, again.endpoint) == (device.pk, device.endpoint)
    assert transport.deleted == []


def behind(tablet, outer_network):
    """The tablet reaches the portal through the outer network."""
    tablet.base = outer_network.url
    tablet.context.grant_permissions(["notifications"], origin=tablet.base)


def session_is_over():
    Session.objects.all().delete()
    cache.clear()


def is_signed_out(device):
    return PushSubscription.objects.get(pk=device.pk).state == DeviceState.SIGNED_OUT


def test_leaving_after_the_session_has_ended_unbinds_the_device(transport, tablet):
    device = subscribe(tablet)
    session_is_over()
    leave(tablet.page)
    until(lambda: is_signed_out(device))


def test_a_leaving_that_the_portal_did_not_hear_is_told_again(transport, tablet, outer_network):
    behind(tablet, outer_network)
    device = subscribe(tablet)
    session_is_over()
    outer_network.faults["/push/leave/"] = 502
    leave(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    assert not is_signed_out(device)
    outer_network.faults.clear()
    tablet.go("/")
    until(lambda: is_signed_out(device))


def test_a_leaving_told_late_leaves_the_next_student_their_device(
    cast, transport, tablet, outer_network, sign_in
):
    behind(tablet, outer_network)
    device = subscribe(tablet)
    outer_network.faults["/push/leave/"] = 502
    leave(tablet.page)
    expect(tablet.page.locator("a[href='/card/']")).to_be_visible()
    signed_in(tablet, sign_in, cast.ren.user)
    tablet.go("/")
    until(lambda: PushSubscription.objects.filter(user=cast.ren.user, state="live").exists())
    outer_network.faults.clear()
    tablet.go("/push/")
    tablet.page.wait_for_timeout(1000)
    assert not is_signed_out(device)


@pytest.mark.parametrize("is_notified", [True, False])
def test_a_subscription_that_the_browser_changed_is_bound_again(transport, tablet, is_notified):
    device = subscribe(tablet)
    worker_is_ready(tablet.page)
    tablet.context.service_workers[0].evaluate(CHANGED, is_notified)
    until(lambda: PushSubscription.objects.get().endpoint != device.endpoint)
    again = PushSubscription.objects.get()
    assert (again.pk, again.user, again.state) == (device.pk, device.user, DeviceState.LIVE)


@pytest.mark.parametrize("verb", ["focus", "navigate"])
def test_a_window_that_cannot_be_brought_forward_is_opened_anew(transport, tablet, verb):
    tablet.go("/")
    worker_is_ready(tablet.page)
    (worker,) = tablet.context.service_workers
    worker.evaluate(TAP_WHERE_IT_FAILS, verb)
    assert until(lambda: worker.evaluate("self.opened")) == "/notices/"


def test_binding_trial_and_receipt_do_not_wait_for_ever(transport, tablet, outer_network):
    behind(tablet, outer_network)
    outer_network.faults["/push/"] = None
    tablet.go("/push/")
    worker_is_ready(tablet.page)
    outer_network.faults = {"/push/subscribe/": HANGS, "/push/ack/": HANGS}
    tablet.page.locator("[data-turn-on]:visible").click()
    expect(tablet.page.locator("p[data-state=network]")).to_be_visible(timeout=25_000)
    (worker,) = tablet.context.service_workers
    worker.evaluate(
        "limits.within(messages.show({ data: { ack: 'x' } }, MESSAGE), 15000)"
    )  # else it throws
    outer_network.faults = {}
    tablet.go("/push/")
    until(PushSubscription.objects.exists)
    tablet.go("/push/")
    tablet.press("ためす")
    expect(tablet.page.locator("#trial")).to_be_visible()
    outer_network.faults = {"/push/trial/": HANGS}
    n_asked = len(outer_network.requests_seen)
    until(lambda: len(outer_network.requests_seen) >= n_asked + 2, patience_s=30)
