"""What an answer to だれかと話したいですか (0 not now … 2 today, 3 at once) asks for. Pure."""

from collections.abc import Mapping
from typing import Any

TALK_QUESTION = "talk"
TALK_TODAY, TALK_NOW = 2, 3


def wants_to_talk_today(answers: Mapping[str, Any]) -> bool:
    """Whether the student wants to talk today or at once.

    A city's own questions may use the same code for a text: that asks for nothing.
    """
    said = answers.get(TALK_QUESTION, 0)
    return isinstance(said, int) and said >= TALK_TODAY
