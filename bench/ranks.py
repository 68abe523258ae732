"""Whether two rows of durations could come from the same: the Mann–Whitney rank test."""

from collections.abc import Sequence
from itertools import groupby
from math import sqrt

NOTICED = 3.29  # |z| from which on a difference is chance in fewer than one of a thousand


def z_of_ranks(one: Sequence[float], other: Sequence[float]) -> float:
    """The z value of the rank test, by the normal approximation with ties; above 0: ``other`` is greater."""
    rows = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    n, n_one, n_other = len(rows), len(one), len(other)
    rank, ranks_of_other, ties = 0, 0.0, 0
    for _, group in groupby(rows, key=lambda row: row[0]):
        equal = list(group)
        mean_rank = rank + (len(equal) + 1) / 2
        ranks_of_other += mean_rank * sum(which for _, which in equal)
        rank += len(equal)
        ties += len(equal) ** 3 - len(equal)
    u = ranks_of_other - n_other * (n_other + 1) / 2
    spread = n_one * n_other / 12 * (n + 1 - ties / (n * (n - 1)))
    return (u - n_one * n_other / 2) / sqrt(spread) if spread else 0.0
