"""Which JSON is accepted from outside."""

import pytest

from apps.core.json_input import MAX_DEPTH, UnreadableJson, read_json


def test_an_ordinary_message_is_read():
    value = {"a": [1, 2.5, None, True], "名": {"b": "愛"}}
    assert read_json('{"a": [1, 2.5, null, true], "名": {"b": "愛"}}'.encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff", b"NaN", b"[1e999]",
        b"[" * 100_000, b'{"a":' * 100_000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'{"a": "\\ud800"}', b'{"\\udfff": 1}', b'{"a": "\xed\xa0\x80"}',
        b'["\\u0000"]', b'{"\\u0000": 1}',
    ],
    ids=repr,
)  # fmt: skip
def test_what_could_break_later_is_refused_at_once(body):
    with pytest.raises(UnreadableJson):
        read_json(body)


def test_as_deep_as_is_allowed_is_read():
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
