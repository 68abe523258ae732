"""Ranges of rows: a Merkle root over each, linked into a chain. Pure: no Django, no clock.

A range reaches from the id after the one before to its own last id. Its root is the Merkle tree hash
(RFC 9162 section 2.1.1) of the canonical bytes of its rows in the order of their ids. Its link is
keyed BLAKE2b over the link before it and over what the range says, as the links of entries are
(hash_chain). So a row that is changed, taken out, put in or moved shows in the root of its range, and
a range that is changed, taken out, put in or moved shows in the links.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from apps.ledger.hash_chain import GENESIS, canonical_bytes, link_digest, merkle_root

FIRST_ID = -(2**63)  # the first range begins before any id there can be
RANGE_FORM = "range 1"


class RowRange(NamedTuple):
    """One chained range; ``made_at`` in microseconds of the epoch, ``form`` that of the bytes."""

    seq: int
    form: int
    first: int
    last: int
    n: int
    root: bytes
    made_at: int
    key_id: str
    link: bytes


class RangeEnd(NamedTuple):
    """Where a chain of ranges has come to: number, link and last id of its newest."""

    seq: int = 0
    link: bytes = GENESIS
    last: int = FIRST_ID - 1


class RangeFault(NamedTuple):
    """What is wrong with one range; its number, its first and last id."""

    seq: int
    first: int
    last: int
    what: str


def rows_root(bodies: bytes) -> bytes:
    """The Merkle root over rows whose canonical bytes stand a line each; without any, of none."""
    return merkle_root(bodies.split(b"\n") if bodies else [])


def range_link(key: bytes, chain: UUID, before: bytes, chained: RowRange) -> bytes:
    """The link of a range after ``before``; the one it holds itself is not read."""
    fields = [
        RANGE_FORM, chained.seq, chain, chained.form, chained.first, chained.last, chained.n,
        chained.root.hex(), chained.made_at,
    ]  # fmt: skip
    return link_digest(key, before, canonical_bytes(fields))


def range_faults(
    keys: Mapping[str, bytes],
    chain: UUID,
    ranges: Iterable[tuple[RowRange, int, bytes]],
    end: RangeEnd,
) -> Iterator[tuple[RangeEnd, int, RangeFault | None]]:
    """Each range after ``end``, verified: (the end it makes, how many rows it has, its fault).

    ``ranges``: in the order of their numbers, each with how many rows are there (one more than were
    chained where there are more) and their bytes, a line each. ``keys`` is {key id: chain key}.
    """
    for chained, n_found, bodies in ranges:
        what = _broken_link(keys, chain, chained, end) or _broken_rows(chained, n_found, bodies)
        fault = RangeFault(chained.seq, chained.first, chained.last, what) if what else None
        end = RangeEnd(chained.seq, chained.link, chained.last)
        yield end, n_found, fault


def _broken_link(keys, chain, chained, end):
    if chained.seq != end.seq + 1:
        return f"a range is missing or stands twice: number {end.seq + 1} should be here"
    if chained.key_id not in keys:
        return "the range names a signing key that SIGNING_KEYS does not hold"
    if range_link(keys[chained.key_id], chain, end.link, chained) != chained.link:
        return "the range is not what was written (changed, or another one before it)"
    if chained.first != end.last + 1:
        return "the range does not begin where the one before ends"
    return ""


def _broken_rows(chained, n_found, bodies):
    if n_found > chained.n:
        return f"{chained.n} rows were chained, and there are more (inserted, or moved)"
    if n_found < chained.n:
        return f"{chained.n} rows were chained, {n_found} are there (deleted, or moved)"
    if rows_root(bodies) != chained.root:
        return "a row is not what was chained (changed, or changed places)"
    return ""
