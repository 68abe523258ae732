"""Unexpected errors of a run: a code to store, and a sentence for people.

The text of an exception is not shown: it may hold what a source sent.
"""

import traceback

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, DataError

from apps.linkage.connectors.contract import SourcePosition
from apps.linkage.models import RunFault

_WORDS = {
    RunFault.CUT_OFF: "とちゅうで 止まりました",
    RunFault.KILLED: "とちゅうで 止められました",
    RunFault.SAME_PLACE: "いつも 止まりました",
    RunFault.VALUE: "扱えない 値が あって 止まりました",
    RunFault.DATABASE: "データベースが 受けつけなくて 止まりました",
    RunFault.MEMORY: "メモリーが 足りなくて 止まりました",
    RunFault.TIME: "時間が かかりすぎて 止まりました",
    RunFault.UNKNOWN: "思わぬ ことで 止まりました",
}


class UnexpectedFault(Exception):
    """Reading or importing failed unexpectedly, near a SourcePosition."""

    def __init__(self, fault: str, place: SourcePosition):
        super().__init__(fault_words(fault, place))
        self.fault, self.place = fault, place


def fault_of(error: BaseException) -> str:
    """The RunFault (code) of an exception."""
    if isinstance(error, UnexpectedFault):
        return error.fault
    if isinstance(error, SoftTimeLimitExceeded):
        return RunFault.TIME
    if isinstance(error, MemoryError):
        return RunFault.MEMORY
    if isinstance(error, DatabaseError) and not isinstance(error, DataError):
        return RunFault.DATABASE
    if isinstance(error, DataError | ArithmeticError | ValueError | TypeError):
        return RunFault.VALUE
    return RunFault.UNKNOWN


def fault_words(fault: str, place: SourcePosition) -> str:
    """A sentence: where it stopped, as far as known, and what kind of fault it was."""
    return f"{_where(place)}{_WORDS[fault]}。"


def source_stopped_words(fault: str, place: SourcePosition, times: int) -> str:
    """Why a source is not read any more after so many interrupted runs in a row."""
    if fault == RunFault.SAME_PLACE:
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


def error_location(error: BaseException) -> str:
    """The type of an exception and the line of code that raised it, for the log: no content."""
    cause = error.__cause__ or error
    frames = traceback.extract_tb(cause.__traceback__)
    line = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    return f"{type(cause).__name__} at {line}"
