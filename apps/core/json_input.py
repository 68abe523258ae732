"""JSON from outside: parsed once, with one rule of what is accepted."""

from typing import Any

import orjson

MAX_DEPTH = 32  # levels; none of our messages has more than four


class UnreadableJson(ValueError):
    """Not JSON, nested too deeply, or text that no table can keep."""


def read_json(body: bytes | str) -> Any:
    """The value of ``body``. Raises UnreadableJson.

    Refused are also NUL (PostgreSQL stores none) and half a surrogate pair (nothing encodes it), in
    names and in values, and numbers beyond a double. Integers beyond 64 bits become floats.
    """
    try:
        value = orjson.loads(body)
    except ValueError as error:
        raise UnreadableJson("not JSON") from error
    _check(value, MAX_DEPTH)
    return value


def _check(value, levels):
    if isinstance(value, str):
        if "\x00" in value:
            raise UnreadableJson("NUL in a text")
    elif isinstance(value, float):
        if value - value != 0:
            raise UnreadableJson("no finite number")
    elif isinstance(value, dict | list):
        if levels == 0:
            raise UnreadableJson("nested too deeply")
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            _check(each, levels - 1)
