"""The conditions that constraints share hold for the rows they should, and for no others."""

import pytest
from django.db.models import IntegerField, TextField, Value

from apps.core.constraints import both_or_neither, empty_when, not_before, set_when, two_people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("condition", "row", "holds"),
    [
        (two_people("b", "a"), {"a": 1, "b": None}, True),
        (two_people("b", "a"), {"a": 1, "b": 2}, True),
        (two_people("b", "a"), {"a": 1, "b": 1}, False),
        (both_or_neither("a", "b"), {"a": None, "b": None}, True),
        (both_or_neither("a", "b"), {"a": 1, "b": 2}, True),
        (both_or_neither("a", "b"), {"a": 1, "b": None}, False),
        (set_when("a", b="done"), {"a": 1, "b": "done"}, True),
        (set_when("a", b="done"), {"a": None, "b": "done"}, False),
        (set_when("a", b="done"), {"a": None, "b": "open"}, True),
        (set_when("a", b="done"), {"a": 1, "b": "open"}, False),
        (empty_when("a", b="open"), {"a": None, "b": "open"}, True),
        (empty_when("a", b="open"), {"a": 1, "b": "open"}, False),
        (empty_when("a", b="open"), {"a": 1, "b": "done"}, True),
        (empty_when("a", b="open"), {"a": None, "b": "done"}, False),
        (not_before("b", "a"), {"a": 1, "b": 1}, True),
        (not_before("b", "a"), {"a": 2, "b": 1}, False),
    ],
)
def test_a_condition_holds_for_the_right_rows(condition, row, holds):
    assert condition.check({name: _value(value) for name, value in row.items()}) is holds


def _value(value):
    return Value(value, output_field=TextField() if isinstance(value, str) else IntegerField())
