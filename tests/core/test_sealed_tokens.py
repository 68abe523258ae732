"""A browser can neither read nor change a sealed token, nor use it for something else."""

from datetime import timedelta

import pytest

from apps.core import sealed_tokens

WORDS = "保護者の立場を変える".encode()


def test_a_token_opens_for_its_purpose_alone():
    token = sealed_tokens.seal_token("one", WORDS)
    assert sealed_tokens.open_token("one", token) == WORDS
    assert sealed_tokens.open_token("two", token) is None


def test_a_token_shows_nothing_and_fits_an_address():
    token = sealed_tokens.seal_token("one", b"standing")
    assert "standing" not in token
    assert token.strip("=").replace("-", "").replace("_", "").isalnum()


def test_a_token_has_its_time_where_that_is_asked(time_machine):
    time_machine.move_to("2026-11-20T10:00+09:00", tick=False)
    token = sealed_tokens.seal_token("one", WORDS)
    time_machine.shift(timedelta(seconds=61))
    assert sealed_tokens.open_token("one", token, 60) is None
    assert sealed_tokens.open_token("one", token) == WORDS


@pytest.mark.parametrize("token", ["", "x", "あ", "\x00", "gAAAAA", "A" * 9000])
def test_what_was_not_sealed_here_is_nothing(token):
    assert sealed_tokens.open_token("one", token) is None
