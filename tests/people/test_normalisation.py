"""Codes in one form, however they were typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.people.normalisation import normalise_code, without_leading_zeros


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("A01", "A01"), ("Ａ０１", "A01"), ("a01", "A01"), (" A01\u3000", "A01"),
        ("A\u200b01", "A01"), ("\ufeffA01", "A01"), ("1−01", "1-01"), ("１－０１", "1-01"),
        ("ｱ01", "ア01"), ("0012", "0012"), ("", ""), ("\ud842", ""),
    ],
)  # fmt: skip
def test_widths_cases_and_invisible_characters_make_no_other_code(written, code):
    assert normalise_code(written) == code


@given(st.text())
def test_the_form_of_a_code_does_not_change_it_again(text):
    once = normalise_code(text)
    assert normalise_code(once) == once


@pytest.mark.parametrize(
    ("code", "bare"),
    [("0012", "12"), ("12", "12"), ("000", "0"), ("A01", "A01"), ("0A", "0A"), ("", "")],
)
def test_only_codes_of_digits_lose_their_zeros(code, bare):
    assert without_leading_zeros(code) == bare
