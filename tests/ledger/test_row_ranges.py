"""The pure ranges: whatever is done to chained rows by hand is found."""

import random
from functools import cache

from apps.ledger import hash_chain, row_ranges
from apps.ledger.audit_rows import AUDIT_EVENTS
from apps.ledger.row_ranges import FIRST_ID, RangeEnd, RowRange
from tests.ledger.canonical_events import canonical_event
from tests.ledger.chained_events import events

CHAIN = AUDIT_EVENTS.chain_id
KEYS = {"s1": hash_chain.chain_key(b"s" * 32)}
N_ROWS, N_RANGES = 1000, 40


def lines(rows, first, last, most):
    """(how many, their bytes) of the rows ({id: body}) of a range, as the database returns them."""
    found = [rows[at] for at in sorted(rows) if first <= at <= last][: most + 1]
    return len(found), b"\n".join(found)


def chain(rows, cuts):
    """Ranges over rows ({id: body}) that end at the ids ``cuts``."""
    ranges, before, first = [], hash_chain.GENESIS, FIRST_ID
    for seq, last in enumerate(cuts, start=1):
        n, bodies = lines(rows, first, last, len(rows))
        each = RowRange(
            seq, 1, first, last, n, row_ranges.rows_root(bodies), 1_750_000_000_000_000 + seq,
            "s1", b"",
        )  # fmt: skip
        before = row_ranges.range_link(KEYS["s1"], CHAIN, before, each)
        ranges.append(each._replace(link=before))
        first = last + 1
    return ranges


def faults(rows, ranges, end=RangeEnd(), keys=KEYS):  # noqa: B008 - never changed
    """(the faults, the last end, how many rows were read)."""
    found, n_read = [], 0
    stored = ((each, *lines(rows, each.first, each.last, each.n)) for each in ranges)
    for reached, n, fault in row_ranges.range_faults(keys, CHAIN, stored, end):
        end, n_read = reached, n_read + n
        found += [fault] if fault else []
    return found, end, n_read


def changed_row(choose, rows, ranges):
    at = choose.choice(list(rows))
    body = bytearray(rows[at])
    place = choose.randrange(len(body))
    body[place] ^= 1 << choose.randrange(8)
    rows[at] = bytes(body)


def deleted_row(choose, rows, ranges):
    del rows[choose.choice(list(rows))]


def inserted_row(choose, rows, ranges):
    free = [at for at in range(-5, ranges[-1].last) if at not in rows]
    rows[choose.choice(free)] = rows[choose.choice(list(rows))]


def swapped_rows(choose, rows, ranges):
    a, b = choose.sample(list(rows), 2)
    rows[a], rows[b] = rows[b], rows[a]


def moved_row(choose, rows, ranges):
    free = [at for at in range(ranges[-1].last) if at not in rows]
    rows[choose.choice(free)] = rows.pop(choose.choice(list(rows)))


def split_row(choose, rows, ranges):
    at = choose.choice(list(rows))
    rows[at] = rows[at].replace(b"|", b"\n", 1)


def cut_ranges(choose, rows, ranges):
    """Ranges are taken out, here or there, with or without their rows; not the last (see the heads)."""
    at = choose.randrange(len(ranges) - 1)
    gone = ranges[at : min(at + choose.randrange(1, 4), len(ranges) - 1)]
    del ranges[at : at + len(gone)]
    if choose.random() < 0.5:
        for row in [row for row in rows if gone[0].first <= row <= gone[-1].last]:
            del rows[row]


def swapped_ranges(choose, rows, ranges):
    a, b = choose.sample(range(len(ranges)), 2)
    ranges[a], ranges[b] = ranges[b], ranges[a]
    if choose.random() < 0.5:
        ranges[a], ranges[b] = (
            ranges[a]._replace(seq=ranges[b].seq), ranges[b]._replace(seq=ranges[a].seq)
        )  # fmt: skip


def changed_range(choose, rows, ranges):
    at, name = choose.randrange(len(ranges)), choose.choice(RowRange._fields)
    value = getattr(ranges[at], name)
    other = {
        int: lambda: value + choose.choice([-1, 1, 1000]),
        bytes: lambda: bytes(32),
        str: lambda: value + "x",
    }
    ranges[at] = ranges[at]._replace(**{name: other[type(value)]()})


def rechained_range(choose, rows, ranges):
    """A row is changed, and a root made to fit by somebody without the key."""
    at = choose.randrange(len(ranges))
    each = ranges[at]
    row = choose.choice([row for row in rows if each.first <= row <= each.last])
    rows[row] += b"x"
    root = row_ranges.rows_root(lines(rows, each.first, each.last, each.n)[1])
    before = ranges[at - 1].link if at else hash_chain.GENESIS
    forged = each._replace(root=root)
    link = choose.choice([each.link, row_ranges.range_link(b"guessed" * 4, CHAIN, before, forged)])
    ranges[at] = forged._replace(link=link)


ACTS = (
    changed_row, deleted_row, inserted_row, swapped_rows, moved_row, split_row, cut_ranges,
    swapped_ranges, changed_range, rechained_range,
)  # fmt: skip


def test_a_thousand_random_changes_of_a_thousand_rows_are_all_found(monkeypatch):
    # of the same bytes the same root: most ranges are left as they are
    monkeypatch.setattr(row_ranges, "rows_root", cache(row_ranges.rows_root))
    choose = random.Random(20261130)
    # ids with gaps, as transactions that were undone leave them
    ids = sorted(choose.sample(range(1, 1300), N_ROWS))
    rows = {}
    for at, event in zip(ids, events(N_ROWS), strict=True):
        event.pk = at
        rows[at] = canonical_event(event)
    cuts = [*sorted(choose.sample(ids[:-1], N_RANGES - 1)), 1310]
    ranges = chain(rows, cuts)
    assert faults(rows, ranges) == ([], RangeEnd(N_RANGES, ranges[-1].link, 1310), N_ROWS)
    unseen = []
    for number in range(1000):
        act, their_rows, their_ranges = ACTS[number % len(ACTS)], dict(rows), list(ranges)
        act(choose, their_rows, their_ranges)
        assert (their_rows, their_ranges) != (rows, ranges), act.__name__
        found, end, _ = faults(their_rows, their_ranges)
        # the newest number and link are compared with the head and the signed statements
        if not found and (end.seq, end.link) == (N_RANGES, ranges[-1].link):
            unseen.append((number, act.__name__))
    assert unseen == []


def test_the_range_in_which_something_was_done_is_named():
    rows = {event.pk: canonical_event(event) for event in events(90)}
    ranges = chain(rows, [30, 60, 90])
    for do, what in (
        (lambda: rows.update({31: b"x"}), "a row is not what was chained"),
        (lambda: rows.pop(60), "30 rows were chained, 29 are there"),
        (lambda: ranges.__setitem__(1, ranges[1]._replace(n=29)), "the range is not what was"),
        (lambda: ranges.__setitem__(1, ranges[1]._replace(key_id="s2")), "does not hold"),
    ):
        do()
        ((fault,), _, _) = faults(rows, ranges)
        assert (fault.seq, fault.first, fault.last) == (2, 31, 60)
        assert what in fault.what


def test_verification_goes_on_from_where_it_was():
    rows = {event.pk: canonical_event(event) for event in events(90)}
    ranges = chain(rows, [30, 60, 90])
    end = RangeEnd(1, ranges[0].link, 30)
    assert faults(rows, ranges[1:], end)[2] == 60
    rows[61] += b" "
    assert [fault.seq for fault in faults(rows, ranges[1:], end)[0]] == [3]
