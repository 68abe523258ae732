"""A form posted after the sign-in had ended is restored for the same user alone, and not sent."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django import forms
from django.core.cache import cache
from django.urls import reverse

from apps.core.clock import JST
from apps.disclosure.models import CorrectionRequest
from apps.notices.models import SupportOrganisation
from apps.people.models import User
from apps.signin import form_owners, unsent_forms
from apps.signin.services import cards, pin_resets
from tests import factories
from tests.browser import Browser, form_on

pytestmark = pytest.mark.django_db
ADD = reverse("admin:notices_supportorganisation_add")
TYPED = "とても長く <書いた> 文章 & ことば"


@pytest.fixture(autouse=True)
def time():
    with time_machine.travel(datetime(2026, 11, 24, 9, tzinfo=JST), tick=False) as clock:
        yield clock


def browser_of(user):
    """A browser that sends the form's CSRF token, as all of them do."""
    browser = Browser(enforce_csrf_checks=True)
    factories.force_sign_in(browser, user)
    return browser


def sign_in_again(browser, user):
    """Sign in in another tab: the form's token differs from then on."""
    factories.force_sign_in(browser, user)
    del browser.cookies["csrftoken"]


def filled(browser, path, having, **more):
    form = form_on(browser.get(path), having=having)
    return {**form, **more}


@pytest.fixture
def lost(cast, time):
    """(browser, its response) of an officer who saves a new organisation two hours too late."""
    browser = browser_of(cast.officer.user)
    form = filled(browser, ADD, "name", name=TYPED, notes=TYPED)
    time.shift(timedelta(hours=2))
    return browser, browser.post(ADD, form, headers={"Referer": f"http://testserver{ADD}"})


@pytest.fixture
def words(cast, time):
    """``words(user)``: (browser, path, form) of a help request, two hours after it was typed."""

    def typed(user):
        factories.duty_roster(cast)
        path, browser = reverse("helpline:ask"), browser_of(user)
        form = filled(browser, path, "words", words=TYPED)
        time.shift(timedelta(hours=2))
        return browser, path, form

    return typed


def texts_on(page):
    return page.content.decode()


def test_what_staff_typed_is_in_the_form_again_after_signing_in(lost, cast):
    browser, answer = lost
    assert answer.status_code == 302
    assert "サインインすると、元の画面にもう一度入れます" in texts_on(
        browser.get(answer.url, follow=True)
    )
    factories.force_sign_in(browser, cast.officer.user)
    page = browser.get(ADD)
    assert "まだ送っていません" in texts_on(page)
    again = form_on(page, having="name")
    assert again["name"] == TYPED
    assert not SupportOrganisation.objects.exists()
    again["phone"] = "0761-72-0000"
    assert browser.post(ADD, again).status_code == 302
    assert SupportOrganisation.objects.count() == 1
    assert TYPED not in str(form_on(browser.get(ADD), having="name"))


def test_another_person_never_sees_it_and_destroys_it(lost, cast):
    browser, _ = lost
    key = browser.cookies[unsent_forms.COOKIE_NAME].value
    assert unsent_forms.find_form(key)
    other = factories.staff_post("city", of=cast.city, name="別の担当").user
    factories.force_sign_in(browser, other)
    assert "長く" not in texts_on(browser.get(ADD))
    assert unsent_forms.find_form(key) is None
    factories.force_sign_in(browser, cast.officer.user)
    assert "長く" not in texts_on(browser.get(ADD))


def test_it_lasts_half_an_hour(lost, cast, time):
    browser, _ = lost
    key = browser.cookies[unsent_forms.COOKIE_NAME].value
    time.shift(timedelta(minutes=29))
    assert unsent_forms.find_form(key)
    time.shift(timedelta(minutes=1))
    assert unsent_forms.find_form(key) is None


def test_no_dump_of_the_cache_reads_it(lost):
    browser, _ = lost
    key = browser.cookies[unsent_forms.COOKIE_NAME].value
    place = unsent_forms._cache_key(key)
    assert key not in place
    assert "長く".encode() not in cache.get(place)
    assert cache.get(place).startswith(b"gAAAA")
    assert unsent_forms.find_form(key + "x") is None


def test_who_signs_in_is_led_to_the_form(cast, words):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, "7305")
    browser, path, form = words(cast.sakura.user)
    answer = browser.post(path, form)
    assert answer.status_code == 302
    assert "あずかります" not in texts_on(browser.get(answer.url, follow=True))
    browser.handler.enforce_csrf_checks = False
    browser.post(reverse("signin:card_entry"), {"code": code})
    entered = browser.post(reverse("signin:pin"), {"pin": "7305"})
    assert (entered.status_code, entered.url) == (302, path)
    page = browser.get(path)
    assert form_on(page, having="words")["words"] == TYPED
    assert "まだ おくられて いません" in texts_on(page)


def test_the_next_student_sees_nothing_of_it(cast, words):
    browser, path, form = words(cast.sakura.user)
    browser.post(path, form)
    key = browser.cookies[unsent_forms.COOKIE_NAME].value
    assert unsent_forms.find_form(key)
    factories.force_sign_in(browser, cast.ren.user)
    for page in (path, reverse("portal:home")):
        assert "長く" not in texts_on(browser.get(page))
    assert unsent_forms.find_form(key) is None


def test_leaving_the_tablet_destroys_it(cast, words):
    browser, path, form = words(cast.sakura.user)
    browser.post(path, form)
    key = browser.cookies[unsent_forms.COOKIE_NAME].value
    assert unsent_forms.find_form(key)
    browser.post(reverse("signin:leave_proved"), headers={"X-Leave": "0123456789abcdef"})
    assert unsent_forms.find_form(key) is None
    assert not browser.cookies[unsent_forms.COOKIE_NAME].value
    assert not browser.cookies[form_owners.COOKIE_NAME].value


def test_a_pin_that_was_reset_opens_nothing_of_it(cast, words):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, "7305")
    browser, path, form = words(User.objects.get(pk=cast.sakura.user.pk))
    browser.post(path, form)
    key = browser.cookies[unsent_forms.COOKIE_NAME].value
    assert unsent_forms.find_form(key)
    pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason="わすれたため")
    student = User.objects.get(pk=cast.sakura.user.pk)
    factories.force_sign_in(browser, student)
    assert "長く" not in texts_on(browser.get(path))
    assert unsent_forms.find_form(key) is None


def test_a_guardians_correction_comes_back(cast, time, linked):
    path = reverse("disclosure:corrections", args=[cast.sakura.pk])
    browser = browser_of(cast.midori.user)
    form = filled(browser, path, "words", words=TYPED)
    time.shift(timedelta(hours=2))
    browser.post(path, form)
    factories.force_sign_in(browser, cast.midori.user)
    assert form_on(browser.get(path), having="words")["words"] == TYPED
    assert not CorrectionRequest.objects.exists()


@pytest.fixture
def linked(cast):
    factories.policy(cast.city)
    factories.document(cast.city)


def test_a_form_of_before_signing_in_again_is_given_back(cast, time):
    browser = browser_of(cast.officer.user)
    form = filled(browser, ADD, "name", name=TYPED)
    sign_in_again(browser, cast.officer.user)
    browser.get(ADD)
    refused = browser.post(ADD, form)
    assert refused.status_code == 403
    assert re.search(rf'href="{ADD}"', texts_on(refused))
    assert form_on(browser.get(ADD), having="name")["name"] == TYPED


def test_a_form_of_another_person_is_not_given_to_who_sends_it(cast, time):
    browser = browser_of(cast.officer.user)
    form = filled(browser, ADD, "name", name=TYPED)
    sign_in_again(browser, cast.principal.user)
    browser.get(reverse("push:settings"))
    refused = browser.post(ADD, form)
    assert refused.status_code == 403
    assert "長く" not in texts_on(refused)
    assert unsent_forms.COOKIE_NAME not in browser.cookies


def test_a_form_of_nobody_is_not_kept(client, cast):
    answer = client.post(ADD, {"name": TYPED, "csrfmiddlewaretoken": "a" * 64})
    assert answer.status_code == 302
    assert unsent_forms.COOKIE_NAME not in client.cookies


def test_what_a_script_sends_is_not_kept_here(cast, words):
    browser, path, form = words(cast.sakura.user)
    browser.post(path, form, headers={"Sec-Fetch-Mode": "cors"})
    assert unsent_forms.COOKIE_NAME not in browser.cookies


def test_no_secret_is_kept(rf):
    posted = {"pin": "7305", "password": "x", "stacked-0-secret": "y", "words": "a", "otp": "1"}
    stored = unsent_forms.read_posted_form(rf.post("/pages/2/", posted), "1")
    assert stored.values == {"words": ["a"]}
    assert (
        unsent_forms.read_posted_form(rf.post("/accounts/password/change/", {"a": "b"}), "1")
        is None
    )


def test_every_field_that_hides_what_is_typed_is_named_a_secret():
    hidden = {name for form in _all(forms.BaseForm) for name, field in form.base_fields.items()
              if isinstance(field.widget, forms.PasswordInput)}  # fmt: skip
    assert {"pin", "secret"} <= hidden
    assert hidden <= unsent_forms.SECRET_FIELDS


def _all(cls):
    for one in cls.__subclasses__():
        if hasattr(one, "base_fields"):
            yield one
        yield from _all(one)


def test_a_cache_that_is_away_keeps_nothing_and_breaks_nothing(cast, time, settings):
    browser = browser_of(cast.officer.user)
    form = filled(browser, ADD, "name", name=TYPED)
    time.shift(timedelta(hours=2))
    settings.CACHES = {"default": {**settings.CACHES["default"],
                                   "LOCATION": "redis://127.0.0.1:1/1"}}  # fmt: skip
    assert browser.post(ADD, form).status_code == 302
    assert unsent_forms.COOKIE_NAME not in browser.cookies
