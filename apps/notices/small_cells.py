"""Counts of a notice's reach that point at nobody. Pure.

A count under LEAST, or one that leaves under LEAST of its group, is said as a bound. Where the
sum beside a column would give away a single hidden count, a second one is hidden with it.
"""

MIN_COUNT = 5


def is_small(count, n):
    """Whether ``count`` of ``n`` would point at somebody, by itself or by who is left."""
    return 0 < count < MIN_COUNT or 0 < n - count < MIN_COUNT


def count_words(count, n):
    """「5人未満」「24人以上」 for a small count, else the count as words."""
    if 0 < count < MIN_COUNT:
        return f"{MIN_COUNT}人未満" if n >= MIN_COUNT else "—"
    if 0 < n - count < MIN_COUNT:
        least = n - MIN_COUNT + 1
        return f"{least}人以上" if least > 0 else "—"
    return f"{count}人"


def column_words(pairs, own=(), secret=()):
    """(words of a column, whether the sum beside it gives a hidden count away).

    ``pairs`` is [(count, n)] of groups whose sum is shown beside them. Groups whose index is in
    ``own`` are told as they are: they belong to who reads. Those in ``secret`` are never told:
    their own parts would give something away.
    """
    shown = [i for i in range(len(pairs)) if i not in own]
    hidden = {i for i in shown if i in secret or is_small(*pairs[i])}
    if len(hidden) == 1:
        others = [(pairs[i][1], i) for i in shown if i not in hidden and pairs[i][1]]
        hidden |= {min(others)[1]} if others else set()
    words = [_hidden(*pair) if i in hidden else f"{pair[0]}人" for i, pair in enumerate(pairs)]
    return words, len(hidden) == 1 and len(pairs) > 1


def _hidden(count, n):
    return count_words(count, n) if is_small(count, n) else "—"
