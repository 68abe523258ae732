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
        told = orjson.loads(body)
    except ValueError as error:
        raise UnreadableJson("not JSON") from error
    _check(told, MAX_DEPTH)
    return told


def _check(told, levels):
    if isinstance(told, str):
        if "\x00" in told:
            raise UnreadableJson("NUL in a text")
    elif isinstance(told, float):
        if told - told != 0:
            raise UnreadableJson("no finite number")
    elif isinstance(told, dict | list):
        if levels == 0:
            raise UnreadableJson("nested too deeply")
        for each in [*told, *told.values()] if isinstance(told, dict) else told:
            _check(each, levels - 1)
