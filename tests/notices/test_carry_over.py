"""Closed days that were written as text become rows; what is no date stays away."""

from datetime import date
from importlib import import_module

import pytest

carry_over = import_module("apps.notices.migrations.0004_carry_over")


def test_stretches_of_days_are_read_across_new_year():
    found = list(carry_over._stretches("12/29-1/3、8/13-8/15"))
    assert found == [
        (date(2024, 12, 29), date(2025, 1, 3)), (date(2024, 8, 13), date(2024, 8, 15)),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "年末年始", "13/40-1/1", "1/1", "1/1-x/y"])
def test_a_note_that_is_no_date_closes_nothing(text):
    assert list(carry_over._stretches(text)) == []
