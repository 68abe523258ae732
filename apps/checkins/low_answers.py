"""Which answers of a form are low: a reason for one calm page, never for praise. Pure: no Django."""

from collections.abc import Mapping

NO_FEELING = {"talk"}  # questions whose lowest value says nothing about how somebody is


def is_low(value: int, top: int) -> bool:
    """Whether a value is low on a scale from 0 to ``top`` (higher feels better): 0 and 1 of 0–4."""
    return value <= top // 4


def low_codes(answers: Mapping[str, object], tops: Mapping[str, int]) -> list[str]:
    """The codes of the low answers; ``tops`` gives the highest value of each question with choices."""
    return [
        code
        for code, value in answers.items()
        if code in tops and code not in NO_FEELING and isinstance(value, int)
        if is_low(value, tops[code])
    ]
