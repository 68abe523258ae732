"""allauth's pages in our clothes: Japanese, our shell, nothing inline."""

import re

import pytest
from django.urls import reverse

OPEN = ["account_login", "account_reset_password"]
SIGNED_IN = ["account_email", "account_logout", "mfa_index"]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son\w+=")


@pytest.mark.parametrize("name", OPEN)
def test_open_pages_wear_our_shell(client, db, name):
    text = client.get(reverse(name)).content.decode()
    assert 'lang="ja"' in text
    assert "css/portal.css" in text
    assert not INLINE.search(text)


@pytest.mark.parametrize("name", SIGNED_IN)
def test_pages_of_a_guardian_wear_our_shell(cast, sign_in, name):
    text = sign_in(cast.midori.user).get(reverse(name)).content.decode()
    assert "css/portal.css" in text
    assert not INLINE.search(text)


def test_the_second_factor_page_shows_a_code_to_scan(cast, sign_in):
    # Setting it up asks for a fresh password first; both pages are ours.
    answer = sign_in(cast.midori.user).get(reverse("mfa_activate_totp"), follow=True)
    assert answer.status_code == 200
    assert not INLINE.search(answer.content.decode())


def test_a_wrong_password_is_told_in_japanese_and_keeps_the_address(client, cast):
    typed = {"login": "midori@example.com", "password": "wrong-password"}
    text = client.post(reverse("account_login"), typed).content.decode()
    assert "まちがいが" in re.sub(r"<[^>]+>", "", text)
    assert 'value="midori@example.com"' in text
