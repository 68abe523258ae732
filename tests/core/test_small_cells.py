"""Small counts of people are hidden, and cannot be calculated from their total."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core import small_cells
from apps.core.small_cells import MIN_COUNT, hide_small_cells, hide_small_total

COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=6)


@given(COUNTS)
def test_no_small_count_is_ever_shown(counts):
    assert all(cell is None or cell == 0 or cell >= MIN_COUNT for cell in hide_small_cells(counts))


@given(COUNTS)
def test_the_total_never_gives_a_hidden_cell_away(counts):
    cells, total = hide_small_cells(counts), hide_small_total(counts)
    hidden = [index for index, cell in enumerate(cells) if cell is None]
    assert total is None or len(hidden) != 1


@given(COUNTS)
def test_what_is_shown_is_true(counts):
    shown = zip(hide_small_cells(counts), counts, strict=True)
    assert all(cell in (None, count) for cell, count in shown)
    assert hide_small_total(counts) in (None, sum(counts))


GROUPS = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("count", "n", "words"),
    [(3, 30, "10人未満"), (9, 30, "10人未満"), (10, 30, "10人"), (20, 30, "20人"),
     (21, 30, "21人以上"), (27, 30, "21人以上"), (0, 30, "0人"), (30, 30, "30人"), (0, 0, "0人"),
     (2, 3, "—"), (0, 3, "—"), (0, 9, "—"), (1, 10, "10人未満"), (9, 10, "10人未満")],
)  # fmt: skip
def test_small_counts_are_said_as_bounds(count, n, words):
    assert small_cells.count_words(count, n) == words


@given(st.lists(GROUPS, min_size=1, max_size=8))
def test_no_count_under_ten_is_shown_and_never_just_one_hidden(pairs):
    words, gives_away = small_cells.column_words(pairs)
    shown = [word == f"{count}人" for word, (count, _) in zip(words, pairs, strict=True)]
    for is_shown, (count, n) in zip(shown, pairs, strict=True):
        assert not (is_shown and small_cells.is_small(count, n))
    if shown.count(False) == 1 and len(pairs) > 1:
        assert gives_away  # then the total itself is hidden


@given(st.lists(GROUPS, min_size=2, max_size=8), st.data())
def test_the_own_class_is_exact(pairs, data):
    own = data.draw(st.integers(0, len(pairs) - 1))
    words, _ = small_cells.column_words(pairs, own={own})
    assert words[own] == f"{pairs[own][0]}人"
