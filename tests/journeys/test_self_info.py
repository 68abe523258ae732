"""A guardian's phone goes to マイナポータル's stand-in and back; every state is looked at."""

import re
import time

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from playwright.sync_api import expect

from apps.consent.models import Purpose
from apps.consent.services import documents
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services import endpoints, session_steps
from apps.vault.services.keys import destroy_keys_of
from tests import factories
from tests.selfinfo.guardian_browser import ALL, stand_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
GO = "マイナポータルへ進む"
ASKED = re.compile("マイナポータルにたのみました|答えの用意ができました")  # they may be quick
ALLOW = "カードを読み取ったことにして、わたす"


@pytest.fixture
def mynaportal(settings, live_server):
    settings.PORTAL_URL = live_server.url
    with stand_in(settings, ready_after_s=0.5) as world:
        yield world


@pytest.fixture
def family(cast, mynaportal):
    documents.install_seed_documents(cast.city)
    for purpose in (*ALL, Purpose.ATTENDANCE):
        factories.make_effective(cast.sakura, purpose)
    endpoints.install_trial_codes(cast.city)
    return cast


@pytest.fixture
def enter(walker, sign_in):
    """Somebody's browser, signed in; ``backs`` are the addresses it came back to."""

    def go(user, size="phone", **more):
        who, name = walker(size, **more), django_settings.SESSION_COOKIE_NAME
        cookie = sign_in(user).cookies[name].value
        who.context.add_cookies([{"name": name, "value": cookie, "url": who.base}])
        who.backs = []
        who.page.on("request", lambda sent: "/back/?" in sent.url and who.backs.append(sent.url))
        return who

    return go


def read_card(phone, variant="single"):
    """On the stand-in's page: choose what is to come, and hand it over."""
    if variant != "single":
        phone.page.locator("summary").click()
        phone.page.locator(f"input[value={variant}]").check()
    phone.press(ALLOW)
    expect(phone.page).to_have_url(re.compile("/self-info/[0-9a-f-]{36}/$"))


def work_until(page, words, patience_s=20):
    """Be the worker until the page, looking by itself, says this."""
    deadline = time.monotonic() + patience_s
    while page.get_by_role("heading", name=words).count() == 0:
        assert time.monotonic() < deadline, page.content()
        session_steps.advance_sessions()
        page.wait_for_timeout(300)


def reading(phone, family, variant, words):
    phone.go(f"/self-info/of/{family.sakura.pk}/")
    phone.press(GO)
    read_card(phone, variant)
    SelfInfoSession.objects.open().update(next_at=timezone.now())
    work_until(phone.page, words)


def test_there_and_back_on_the_phone(family, mynaportal, enter):
    phone = enter(family.midori.user)
    phone.go("/")
    phone.check("mynaportal-home")
    phone.page.get_by_role("link", name="マイナポータルから受け取る").first.click()
    expect(phone.page.get_by_role("button", name=GO)).to_be_visible()
    expect(phone.page.get_by_text("12けたの番号").first).to_be_visible()
    phone.check("mynaportal-begin")
    phone.press(GO)
    expect(phone.page.get_by_text("本物のマイナポータルではありません")).to_be_visible()
    phone.check("mynaportal-card")
    read_card(phone)
    expect(phone.page.get_by_role("heading", name="マイナポータルにたのんでいます")).to_be_visible()
    phone.check("mynaportal-back")
    assert session_steps.advance_sessions() == 1
    phone.press("いまのようすを見なおす")
    expect(phone.page.get_by_role("heading", name=ASKED)).to_be_visible()
    phone.check("mynaportal-asked")
    work_until(phone.page, "おわりました")  # they knocked: nobody waited five seconds
    assert 204 in mynaportal.notifications
    expect(phone.page.locator("#said")).to_have_text("おわりました")  # for who listens
    phone.check("mynaportal-done")
    phone.go(phone.backs[-1])
    expect(phone.page.get_by_text("もう一度押しても、何も変わりません")).to_be_visible()
    phone.check("mynaportal-twice")
    phone.press("いまのようすを見る")
    phone.press("のこった記録を見る")
    expect(phone.page.get_by_text("おとな 1人、子ども 2人(おとなは1人)")).to_be_visible()
    expect(phone.page.get_by_text("2026年度: 非課税")).to_be_visible()
    phone.check("mynaportal-data")
    phone.go(f"/consent/{family.sakura.pk}/")
    phone.check("mynaportal-overview")
    phone.go(f"/self-info/of/{family.sakura.pk}/")
    phone.check("mynaportal-begin-again")

    tablet = enter(family.sakura.user, "tablet")
    tablet.go(f"/data/{family.sakura.pk}/")
    tablet.check("mynaportal-data-student")


def test_every_ending_in_the_dark(family, enter):
    phone = enter(family.midori.user, dark=True)
    for variant, words in (
        ("none", "のっている記録はありませんでした"), ("unsupported", "この項目の答えはもらえませんでした"),
        ("refused", "いま、マイナポータルにつながりません"), ("broken", "受け取った答えが読めませんでした"),
        ("gone", "時間がすぎました"), ("partly", "おわりました"),
    ):  # fmt: skip
        reading(phone, family, variant, words)
        phone.check(f"mynaportal-dark-{variant}")
    phone.go(f"/self-info/of/{family.sakura.pk}/")
    phone.check("mynaportal-dark-begin")
    phone.press(GO)
    expect(phone.page.get_by_role("button", name="わたさない")).to_be_visible()
    phone.check("mynaportal-dark-card")
    phone.press("わたさない")
    expect(phone.page.get_by_role("heading", name="わたさない")).to_be_visible()
    phone.check("mynaportal-dark-denied")
    phone.go(phone.backs[-1].replace("state=", "state=x"))
    expect(phone.page.get_by_text("つづけられません")).to_be_visible()
    phone.complaints.clear()  # a 400 is in the console too
    phone.check("mynaportal-dark-not-yours")


def test_busy_empty_and_wrong_are_said_in_words(family, enter, settings):
    phone = enter(family.midori.user)
    reading(phone, family, "blocked", ASKED)
    expect(phone.page.get_by_text("こみあっています")).to_be_visible()
    phone.check("mynaportal-busy")
    SelfInfoSession.objects.update(
        ends_at=timezone.now(), next_at=timezone.now(), claimed_until=None
    )
    work_until(phone.page, "30分まちましたが")
    phone.check("mynaportal-slow")
    phone.go(f"/self-info/of/{family.sakura.pk}/")
    for box in phone.page.locator("input[name=purposes]").all():
        box.uncheck()
    phone.press(GO)
    expect(phone.page.get_by_role("alert")).to_contain_text("1つはえらんで")
    phone.complaints.clear()  # a 422 is in the console too
    phone.check("mynaportal-nothing-chosen")
    for purpose in ("household", "income"):
        destroy_keys_of(family.sakura, [purpose])
    phone.go(f"/self-info/of/{family.sakura.pk}/")
    phone.check("mynaportal-one-only")
    destroy_keys_of(family.sakura, ["allowances"])
    phone.go(f"/self-info/of/{family.sakura.pk}/")
    phone.check("mynaportal-nothing-agreed")
    settings.SELF_INFO_SANDBOX_URL = ""
    phone.go(f"/self-info/of/{family.sakura.pk}/")
    phone.check("mynaportal-not-set-up")


def test_it_works_without_javascript(family, enter):
    phone = enter(family.midori.user, script=False)
    phone.go(f"/self-info/of/{family.sakura.pk}/")
    phone.press(GO)
    read_card(phone)
    for _ in range(4):
        SelfInfoSession.objects.open().update(next_at=timezone.now(), claimed_until=None)
        session_steps.advance_sessions()
        phone.press("いまのようすを見なおす")
        if phone.page.get_by_role("heading", name="おわりました").count():
            break
    expect(phone.page.get_by_role("heading", name="おわりました")).to_be_visible()


def test_staff_see_how_it_went_and_never_of_whom(family, enter):
    phone = enter(family.midori.user)
    reading(phone, family, "single", "おわりました")
    reading(phone, family, "refused", "いま、マイナポータルにつながりません")
    desk = enter(family.officer.user, "desk")
    desk.go("/admin/")
    expect(desk.page.get_by_text("マイナポータルに つながらない")).to_be_visible()
    desk.check("staff-today-mynaportal")
    desk.go("/admin/selfinfo/selfinfosession/")
    assert family.sakura.given_name not in desk.page.locator("#content").inner_text()
    desk.check("staff-mynaportal-sessions")
    desk.go(desk.page.locator("#result_list tbody th a").first.get_attribute("href"))
    desk.check("staff-mynaportal-session")
    desk.go("/admin/selfinfo/selfinfocode/")
    desk.check("staff-mynaportal-codes")
    desk.go("/admin/selfinfo/selfinfocode/add/")
    desk.check("staff-mynaportal-code")
