"""A person's sign-ins as they see them, and a page whose sign-in has ended while it was open."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from apps.audit.models import SecurityKind
from apps.people.models import User
from apps.people.services.security_events import note_security_event
from apps.signin.services.credentials import CredentialChange, end_other_sessions
from kaga_portal.demo.sign_ins import one_time_code
from tests import factories
from tests.journeys.sample_town import furnish
from tests.journeys.test_page_widths import entered

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
HOUR_MS = 3_600_000
GONE = "この画面の内容を消しました"


@pytest.fixture
def town(cast, settings):
    return furnish(cast, settings)


@pytest.fixture
def open_as(walker):
    """``open_as(user, size, dark=False)``: a browser in which they proved who they are just now."""

    def open_one(user, size="phone", **more):
        browser = walker(size, **more)
        cookies = entered(user).cookies.values()
        browser.context.add_cookies(
            [{"name": c.key, "value": c.value, "url": browser.base} for c in cookies]
        )
        return browser

    return open_one


@pytest.mark.parametrize("dark", [False, True])
def test_a_guardian_ends_the_other_devices(open_as, town, dark):
    user = town.guardian.user
    factories.force_sign_in(Client(), user)
    browser = open_as(user, "phone", dark=dark)
    browser.go(reverse("account_email"))
    browser.press("サインイン中の端末")
    expect(browser.page.locator("h1")).to_contain_text("サインイン中の端末")
    browser.check(f"sessions-guardian-{'dark' if dark else 'light'}")
    browser.press("ほかをすべて終わらせる")
    expect(browser.page.locator(".messages")).to_contain_text("すべてのサインインを終わらせました")
    expect(browser.page.get_by_role("button", name="終わらせる")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True])
def test_staff_see_their_own_and_end_those_of_others(open_as, town, dark):
    shade = "dark" if dark else "light"
    officer = town.cast.officer.user
    factories.force_sign_in(Client(), officer)
    browser = open_as(officer, "desk", dark=dark)
    browser.go(reverse("signin:sessions"))
    browser.check(f"sessions-staff-{shade}")
    browser.go(reverse("admin:signin_usersession_changelist"))
    browser.page.fill("#id_search_words", town.guardian.given_name)
    browser.press("さがす")
    browser.check(f"sessions-search-{shade}")
    browser.page.get_by_role("link", name="のサインインを終わらせる").first.click()
    browser.check(f"sessions-person-{shade}")
    browser.page.locator("input[name=reason]").first.check()
    browser.press("すべて終わらせる")
    expect(browser.page.locator(".messagelist")).to_contain_text("終わらせました")


@pytest.mark.parametrize("dark", [False, True])
def test_the_officer_reads_the_security_events(open_as, town, dark):
    note_security_event(SecurityKind.FACTOR_REMOVED, user=town.guardian.user, detail="totp")
    browser = open_as(town.cast.officer.user, "desk", dark=dark)
    browser.go(reverse("admin:audit_securityevent_changelist"))
    expect(browser.page.locator("#result_list")).to_contain_text("2段階目の認証を消した")
    browser.check(f"security-events-{'dark' if dark else 'light'}")


def opened(browser, path):
    """The page, with a clock that can be moved on."""
    browser.page.clock.install()
    browser.go(path)
    return browser.page


def test_a_page_is_emptied_when_its_sign_in_has_ended(open_as, town):
    user = town.guardian.user
    page = opened(open_as(user), reverse("consent:overview", args=[town.student.pk]))
    assert town.student.given_name in page.content()
    end_other_sessions(user, CredentialChange.PASSWORD)
    page.clock.fast_forward(HOUR_MS + 2000)
    expect(page.get_by_role("alert")).to_contain_text(GONE)
    assert town.student.given_name not in page.content()
    page.go_back()
    assert town.student.given_name not in page.content()


def test_a_page_stays_where_another_tab_went_on(open_as, town):
    page = opened(open_as(town.guardian.user), reverse("consent:overview", args=[town.student.pk]))
    with page.expect_response("**/sessions/left/"):
        page.clock.fast_forward(HOUR_MS + 2000)
    expect(page.locator("h1").first).to_be_visible()
    assert town.student.given_name in page.content()


def test_without_an_answer_nothing_is_shown(open_as, town):
    browser = open_as(town.guardian.user)
    page = opened(browser, reverse("consent:overview", args=[town.student.pk]))
    page.route("**/sessions/left/", lambda route: route.abort())
    page.clock.fast_forward(HOUR_MS + 2000)
    expect(page.locator("h1").first).to_be_hidden()


def test_a_staff_page_is_emptied_too(open_as, town):
    user = town.cast.officer.user
    page = opened(open_as(user, "desk"), reverse("admin:people_student_changelist"))
    assert town.student.given_name in page.content()
    end_other_sessions(user, CredentialChange.PASSWORD)
    page.clock.fast_forward(HOUR_MS + 2000)
    expect(page.get_by_role("alert")).to_contain_text(GONE)
    assert town.student.given_name not in page.content()


def test_what_was_typed_is_there_again_after_signing_in(open_as, town):
    user = User.objects.get(pk=town.guardian.user.pk)
    page = opened(open_as(user), reverse("disclosure:corrections", args=[town.student.pk]))
    box = page.locator("main textarea").first
    name = box.get_attribute("name")
    box.fill("この記録は、まちがっています。")
    end_other_sessions(user, CredentialChange.PASSWORD)
    page.clock.fast_forward(HOUR_MS + 2000)
    expect(page.get_by_role("alert")).to_contain_text("もとの画面にもどります")
    page.get_by_role("button", name="サインインへ").click()
    user.refresh_from_db()
    user.set_password(factories.PASSWORD)
    user.save()
    user.emailaddress_set.update_or_create(
        email=user.email, defaults={"verified": True, "primary": True}
    )
    if page.locator("input[name=login]").count() == 0:
        page.locator("a[href^='/accounts/login/']").first.click()
    page.fill("input[name=login]", user.email)
    page.fill("input[name=password]", factories.PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()
    page.fill("#id_code", one_time_code(factories.TOTP_SECRET))
    page.press("#id_code", "Enter")
    expect(page.locator(f"[name={name}]").first).to_have_value("この記録は、まちがっています。")
