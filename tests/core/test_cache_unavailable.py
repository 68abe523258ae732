"""Without the cache nobody is signed out, and asking for help works as ever."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as NoConnection

from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.consent.models import Purpose
from apps.core import cache as core_cache
from apps.core import sessions
from apps.core.cache import _Client
from apps.core.limits import allow
from apps.helpline.models import HelpRequest
from apps.signin.oidc import service_health
from apps.signin.services import cards
from tests import factories


@pytest.fixture
def sakura(cast):
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    factories.duty_roster(cast)
    browser = Client()
    factories.force_sign_in(browser, cast.sakura.user)
    factories.with_recent_pin(browser)
    return browser


@pytest.fixture
def asked(monkeypatch):
    """Every request to the cache from now on; none is answered."""
    monkeypatch.setattr(sessions, "_copy", sessions.PausingCache())
    monkeypatch.setattr(service_health.memory, "_away_until", 0.0)
    monkeypatch.setattr(core_cache._away, "until", 0.0)
    core_cache._fallback.clear()
    tried = []

    def refuse(self, key=None, *, write=False):
        tried.append(key)
        raise NoConnection("away")

    monkeypatch.setattr(_Client, "get_client", refuse)
    return tried


@pytest.mark.parametrize("url", ["/", "/checkin/", "/checkin/days/", "/pages/", "/pages/2/"])
def test_a_signed_in_student_goes_on(sakura, asked, url):
    assert sakura.get(url).status_code == 200
    assert len(asked) == 1  # afterwards it is not asked for a while


def test_answers_and_help_requests_are_stored(sakura, asked):
    form = {"question_set": current_question_set().pk, "client_key": uuid.uuid4(), "mood": "2"}
    assert sakura.post("/checkin/", form).status_code == 302
    assert (
        sakura.post("/pages/2/", {"wanted": "nurse", "form_key": uuid.uuid4()}).status_code == 302
    )
    assert (CheckIn.objects.count(), HelpRequest.objects.count()) == (1, 1)


def test_a_student_comes_in_by_card_and_leaves(cast, asked):
    ((_, code),) = cards.issue_cards([cast.sakura], by=None)
    browser = Client()
    browser.post("/card/", {"code": code})
    answer = browser.post(reverse("signin:pin"), {"pin": "7305", "again": "7305"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "さくら" in browser.get("/").content.decode()
    browser.post(reverse("signin:leave"))
    assert "さくら" not in browser.get("/").content.decode()


def test_the_cache_is_asked_again_after_a_while(sakura, asked, monkeypatch):
    sakura.get("/pages/")
    monkeypatch.setattr(sessions, "PAUSE_S", 0)
    monkeypatch.setattr(sessions, "_copy", sessions.PausingCache())
    sakura.get("/pages/")
    sakura.get("/pages/")
    assert len(asked) > 2


def test_tries_are_counted_in_the_process_while_the_cache_is_away(db, asked):
    key = str(uuid.uuid4())
    assert [allow("card", key) for _ in range(21)] == [True] * 20 + [False]
    assert len(asked) == 1  # afterwards it is not asked for a while


def test_a_guardian_signs_in_and_guessing_has_its_limit_while_the_cache_is_away(cast, asked):
    cast.midori.user.set_password(factories.PASSWORD)
    cast.midori.user.save()
    form = {"login": cast.midori.user.email, "password": factories.PASSWORD}
    for _ in range(5):
        assert "正しくありません" in _refused(form | {"password": "not it at all"})
    assert "連続しています" in _refused(form)
    elsewhere = Client(REMOTE_ADDR="192.0.2.9").post(reverse("account_login"), form)
    assert elsewhere.status_code == 302


def _refused(form):
    return Client().post(reverse("account_login"), form).content.decode()
