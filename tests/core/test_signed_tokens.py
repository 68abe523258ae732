"""Everybody can read a signed token; nobody can change it, nor use it for something else."""

from datetime import timedelta

import pytest

from apps.core.signed_tokens import read_token, sign_token


def test_a_token_counts_for_its_purpose_alone():
    token = sign_token("one", "abc")
    assert read_token("one", token) == "abc"
    assert read_token("two", token) is None


@pytest.mark.parametrize("changed", ["", "x", "a:b", "a:b:c", "abd"])
def test_a_changed_token_does_not_count(changed):
    assert (
        read_token("one", changed + sign_token("one", "abc")[3:] if changed == "abd" else changed)
        is None
    )


def test_a_text_may_hold_the_separator():
    assert read_token("one", sign_token("one", "a:b:c")) == "a:b:c"


def test_a_token_has_its_time_where_that_is_asked(time_machine):
    time_machine.move_to("2026-11-20T10:00+09:00", tick=False)
    token, lasts = sign_token("one", "abc"), timedelta(hours=1)
    time_machine.shift(lasts)
    assert read_token("one", token, lasts) == "abc"
    time_machine.shift(timedelta(seconds=2))
    assert read_token("one", token, lasts) is None
    assert read_token("one", token) == "abc"


def test_what_a_former_secret_signed_still_counts(settings):
    token = sign_token("one", "abc")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret of the tests, long enough to be one"
    assert read_token("one", token) == "abc"
    settings.SECRET_KEY_FALLBACKS = []
    assert read_token("one", token) is None
