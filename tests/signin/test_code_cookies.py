"""Opening a URL stores nothing on the server; the code waits encrypted in the browser."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.signin import code_cookies, urls
from apps.signin.code_cookies import CARD, LETTER
from apps.signin.services import cards
from tests.architecture.addresses import open_addresses

PIN_PAGE, ENTRY = reverse("signin:pin"), reverse("signin:card_entry")


def carried(name, code):
    """The cookies after ``code`` was stored."""
    answer = HttpResponse()
    code_cookies.set_code_cookie(answer, name, code)
    return {key: morsel.value for key, morsel in answer.cookies.items()}


def found(name, cookies):
    request = HttpRequest()
    request.COOKIES = cookies
    return code_cookies.code_of_request(request, name)


def test_no_address_of_a_card_or_a_letter_has_a_place_for_its_code():
    routes = [str(pattern.pattern) for pattern in urls.urlpatterns]
    assert "c/" in routes
    of_rows = (
        "sessions/",
        "guardianships/",
        "posts/",
        "school-account/",
        "my-number-card/",
    )  # ids of rows, which give no access by themselves
    of_codes = [route for route in routes if not route.startswith(of_rows)]
    assert not [route for route in of_codes if "<" in route]


@pytest.mark.parametrize("path", ["/c/ABCDEFGHJK/", "/g/ABCDEFGHJKMNP/"])
def test_an_address_with_a_code_leads_nowhere(path, client, db):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_no_visit_without_signing_in_writes_a_session(method, client, cast):
    for path in open_addresses():
        getattr(client, method)(path, REMOTE_ADDR="192.0.2.9")
        assert not Session.objects.exists(), path


def test_cards_and_letters_that_are_followed_write_no_session(client, cast):
    visitor = {"REMOTE_ADDR": "192.0.2.9"}  # so that attempts of other tests do not count
    for number in range(30):
        client.post(reverse("signin:card_entry"), {"code": f"CODE{number}"}, follow=True, **visitor)
        client.post(
            reverse("registration:letter_entry"), {"code": f"CODE{number}"}, follow=True, **visitor
        )
    client.post(ENTRY, {"code": "ABCDE-FGHJK"}, follow=True, **visitor)
    client.post(PIN_PAGE, {"pin": "7305"}, **visitor)
    assert not Session.objects.exists()


def test_the_code_is_sealed_and_no_script_reads_it(client, cast):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    answer = client.post(reverse("signin:card_entry"), {"code": code})
    morsel = answer.cookies[CARD]
    assert code not in morsel.value
    assert (morsel["httponly"], morsel["samesite"], morsel["max-age"]) == (True, "Lax", 900)
    assert found(CARD, {CARD: morsel.value}) == code


def test_it_has_its_time(time_machine):
    time_machine.move_to("2026-11-20T10:00+09:00", tick=False)
    card, letter = carried(CARD, "A"), carried(LETTER, "B")
    time_machine.shift(timedelta(minutes=16))
    assert found(CARD, card) == ""
    assert found(LETTER, letter) == "B"
    time_machine.shift(timedelta(hours=2))
    assert found(LETTER, letter) == ""


@pytest.mark.parametrize("value", ["", "x", "あ", "\x00", "gAAAAA", "A" * 5000])
def test_what_was_not_sealed_here_is_no_code(value):
    assert found(CARD, {CARD: value}) == ""


def test_a_cards_code_is_not_taken_for_a_letters():
    assert found(LETTER, {LETTER: carried(CARD, "A")[CARD]}) == ""


def test_with_another_secret_nothing_opens_it(settings):
    cookies = carried(CARD, "A")
    before = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert found(CARD, cookies) == ""
    settings.SECRET_KEY_FALLBACKS = [before]
    assert found(CARD, cookies) == "A"


def test_after_signing_in_the_code_is_gone(client, cast):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    client.post(reverse("signin:card_entry"), {"code": code})
    done = client.post(PIN_PAGE, {"pin": "7305", "again": "7305"})
    assert done.cookies[CARD].value == ""
    assert client.get(PIN_PAGE).url == ENTRY
