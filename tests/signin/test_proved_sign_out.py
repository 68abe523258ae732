"""A tablet believes in a sign-out only after a response that repeats its request's value."""

import pytest
from django.test import Client
from django.urls import reverse

PROVED = reverse("signin:leave_proved")
NONCE = "5f0c-11aa-22bb-33cc"


def test_the_answer_repeats_what_was_asked_and_the_session_is_over(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    answer = browser.post(PROVED, headers={"X-Leave": NONCE})
    assert answer.json() == {"left": NONCE}
    assert answer["Clear-Site-Data"] == '"cache"'
    assert "no-store" in answer["Cache-Control"]
    assert "_auth_user_id" not in browser.session


def test_it_works_without_a_token_and_again_when_nobody_is_signed_in(cast):
    browser = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert browser.post(PROVED, headers={"X-Leave": NONCE}).json() == {"left": NONCE}


@pytest.mark.parametrize("asked", ["", "x", "<script>", "a" * 65, "5f0c-11aa\n"])
def test_what_no_tablet_asks_signs_nobody_out(cast, sign_in, asked):
    browser = sign_in(cast.sakura.user)
    answer = browser.post(PROVED, headers={"X-Leave": asked} if asked else {})
    assert answer.status_code == 400
    assert "_auth_user_id" in browser.session


def test_it_is_only_posted(client):
    assert client.get(PROVED).status_code == 405
