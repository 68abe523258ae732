"""Hides small counts of people, in one way for every page that shows counts. Pure.

A count below MIN_COUNT is hidden, and where it is known of how many people it is a part, so is a
count that leaves fewer than MIN_COUNT of them. Where one hidden count could be calculated from the
total beside it, the smallest other count (or the total) is hidden as well.
"""

# Ten, the stricter of the two numbers that were in use: the same people are counted by week, by
# class and on several pages, and with five two such tables can be subtracted from each other more
# often. Exact counts of a class of fewer than twenty are for its homeroom teacher only.
MIN_COUNT = 10


def is_small(count: int, n: int) -> bool:
    """Whether ``count`` of ``n`` people must be hidden, for those counted or for the others."""
    return 0 < count < MIN_COUNT or 0 < n - count < MIN_COUNT


def count_words(count: int, n: int) -> str:
    """The count in words; for a small one a bound: 「10人未満」「21人以上」."""
    if 0 < count < MIN_COUNT:
        return f"{MIN_COUNT}人未満" if n >= MIN_COUNT else "—"
    if 0 < n - count < MIN_COUNT:
        least = n - MIN_COUNT + 1
        return f"{least}人以上" if least > 0 else "—"
    return f"{count}人"


def column_words(pairs, own=(), secret=()):
    """(words of a column, whether the total beside it would reveal a hidden count).

    ``pairs`` is [(count, n)] of groups whose total is shown beside them. Groups whose index is in
    ``own`` are exact: they belong to the reader. Those in ``secret`` are always hidden, since
    their own parts could be calculated from them.
    """
    shown = [i for i in range(len(pairs)) if i not in own]
    hidden = {i for i in shown if i in secret or is_small(*pairs[i])}
    hidden |= _second_hidden(hidden, {i: pairs[i][1] for i in shown})
    words = [
        _hidden_words(*pair) if i in hidden else f"{pair[0]}人" for i, pair in enumerate(pairs)
    ]
    return words, len(hidden) == 1 and len(pairs) > 1


def hide_small_cells(counts: list[int]) -> list[int | None]:
    """The counts of one row or column, hidden ones None; they may stand beside their total."""
    hidden = {index for index, count in enumerate(counts) if 0 < count < MIN_COUNT}
    hidden |= _second_hidden(hidden, dict(enumerate(counts)))
    return [None if index in hidden else count for index, count in enumerate(counts)]


def hide_small_total(counts: list[int]) -> int | None:
    """The total; None where it is small itself or would reveal the only hidden count."""
    total = sum(counts)
    hides_one = sum(cell is None for cell in hide_small_cells(counts)) == 1
    return None if 0 < total < MIN_COUNT or hides_one else total


def _second_hidden(hidden, sizes):
    """{index} of the smallest other group that is not empty, where exactly one is hidden."""
    others = [(size, index) for index, size in sizes.items() if index not in hidden and size]
    return {min(others)[1]} if len(hidden) == 1 and others else set()


def _hidden_words(count, n):
    return count_words(count, n) if is_small(count, n) else "—"
