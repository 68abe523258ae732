"""What went wrong with a run that nobody foresaw: a code for the table, a sentence for people.

What an exception says is not told: it may hold what a source sent.
"""

import traceback

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, DataError

from apps.linkage.connectors.contract import Place
from apps.linkage.models import Fault

_WORDS = {
    Fault.CUT_OFF: "とちゅうで 止まりました",
    Fault.KILLED: "とちゅうで 止められました",
    Fault.SAME_PLACE: "いつも 止まりました",
    Fault.VALUE: "扱えない 値が あって 止まりました",
    Fault.DATABASE: "データベースが 受けつけなくて 止まりました",
    Fault.MEMORY: "メモリーが 足りなくて 止まりました",
    Fault.TIME: "時間が かかりすぎて 止まりました",
    Fault.UNKNOWN: "思わぬ ことで 止まりました",
}


class UnexpectedFault(Exception):
    """Reading or keeping failed in a way nobody foresaw, near a Place of the source."""

    def __init__(self, fault: str, place: Place):
        super().__init__(in_words(fault, place))
        self.fault, self.place = fault, place


def fault_of(error: BaseException) -> str:
    """The Fault (code) that an exception is."""
    if isinstance(error, UnexpectedFault):
        return error.fault
    if isinstance(error, SoftTimeLimitExceeded):
        return Fault.TIME
    if isinstance(error, MemoryError):
        return Fault.MEMORY
    if isinstance(error, DatabaseError) and not isinstance(error, DataError):
        return Fault.DATABASE
    if isinstance(error, DataError | ArithmeticError | ValueError | TypeError):
        return Fault.VALUE
    return Fault.UNKNOWN


def in_words(fault: str, place: Place) -> str:
    """A sentence: where it stopped, as far as that is known, and what kind of fault it was."""
    return f"{_where(place)}{_WORDS[fault]}。"


def given_up(fault: str, place: Place, times: int) -> str:
    """Why a source is not read any more after so many runs in a row were cut off."""
    if fault == Fault.SAME_PLACE:
        return (
            f"{times}回 つづけて {_where(place)}止まりました。そこの 行や 書き方が 原因かも しれません。"
            "ファイルを 確かめてから、「もう一度ためす」を 押してください。"
        )
    return (
        f"{times}回 つづけて、読む しごとが とちゅうで 止められました。同じ ところとは かぎらないので、"
        "ファイルの せいでは ないかも しれません(サーバーの 入れかえ、メモリー不足など)。"
        "「もう一度ためす」で 読みます。"
    )


def _where(place):
    if not place.file:
        return ""
    if place.line is None:
        return f"「{place.file[:80]}」の あたりで、"
    return f"「{place.file[:80]}」の {place.line:,}行めの あたりで、"


def position_of(error: BaseException) -> str:
    """The type of an exception and the line of code that raised it, for the log: no content."""
    cause = error.__cause__ or error
    frames = traceback.extract_tb(cause.__traceback__)
    line = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    return f"{type(cause).__name__} at {line}"
