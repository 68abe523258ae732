"""Counts that may leave the school without pointing at anybody. Pure: no Django."""

MIN_COUNT = 10


def hide_small_cells(counts, least=MIN_COUNT):
    """The counts of one row or column with small ones hidden (None), ready to stand beside a total.

    A count from 1 to ``least - 1`` is hidden. Where only one would be, the total would give it
    away: the smallest of the others is hidden with it.
    """
    hidden = {index for index, count in enumerate(counts) if 0 < count < least}
    if len(hidden) == 1:
        others = [
            (count, index) for index, count in enumerate(counts) if index not in hidden and count
        ]
        if others:
            hidden.add(min(others)[1])
    return [None if index in hidden else count for index, count in enumerate(counts)]


def hide_small_total(counts, least=MIN_COUNT):
    """The sum, hidden (None) where it is itself small or the only visible clue to one cell."""
    total = sum(counts)
    hides_one = sum(cell is None for cell in hide_small_cells(counts, least)) == 1
    return None if 0 < total < least or hides_one else total
