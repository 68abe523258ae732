"""Hash chains: canonical bytes, keyed links, Merkle roots. Pure: no Django, no clock.

Each school has a chain. An entry's link is keyed BLAKE2b (RFC 7693, 256 bits), under a key that is
not in the database, over the link before it and the entry's canonical bytes; so nobody who holds
only the database can change, drop, insert or reorder an entry unseen. A chain alone does not show
that its tail was cut off: for that the newest links of all chains (the heads) are hashed into one
root (Merkle tree hash, RFC 9162 section 2.1.1), signed, and kept in a second place.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

from apps.core.crypto import derive

LINK_BYTES = 32
GENESIS = bytes(LINK_BYTES)
SEPARATOR = "|"  # no field can hold it: ids, numbers and fixed words only


@dataclass(frozen=True)
class ChainBreak:
    """The first entry of a chain that does not follow from the one before."""

    seq: int
    what: str


class ChainEntry(NamedTuple):
    """One stored entry: its number, the id of its key, its canonical bytes, its link."""

    seq: int
    key_id: str
    body: bytes
    link: bytes


class EntryBatch(NamedTuple):
    """Consecutive entries of one chain, in the order of seq.

    ``bodies`` are canonical bytes, a line each, ``links`` the links one after another; of the
    numbers and key ids only the least and the greatest. ``n`` counts the entries independently.
    """

    chain: str
    number: int
    n: int
    first: int
    last: int
    least_key: str
    greatest_key: str
    bodies: bytes
    links: bytes


class SuspectBatch(NamedTuple):
    """A batch to verify entry by entry: which number should be first, and the link before it."""

    chain: str
    number: int
    wanted: int
    before: bytes


@cache
def chain_key(seed):
    """The key of the links (32 bytes), derived from a signing seed (32 bytes)."""
    return derive(seed, "consent ledger")


def canonical_bytes(fields):
    """The bytes an entry is hashed as: its fields (strings or ints, None is empty), in order.

    PostgreSQL says the same with concat_ws (apps.consent.services.decision_chain.CANONICAL_SQL).
    """
    return SEPARATOR.join("" if field is None else str(field) for field in fields).encode()


def link_digest(key, before, body):
    """The link (32 bytes) of an entry whose predecessor's link is ``before``."""
    return blake2b(before + body, key=key, digest_size=LINK_BYTES).digest()


def verify_batches(keys, batches, begun=None):
    """Verify all chains. (ends {chain: (seq, link)}, [SuspectBatch]); ``keys`` is {key id: chain
    key}, ``begun`` the ends up to which they were verified before.

    The batches come chain by chain. ``ends`` is the last entry of each chain, whether it follows or
    not. Every number and every link outside the suspect batches is verified. A suspect batch (one
    that was changed, or written under two keys) is for ``first_break``.
    """
    ends, doubts = dict(begun or {}), []
    for batch in batches:
        seq, before = ends.get(batch.chain, (0, GENESIS))
        if not _is_intact(batch, keys, seq + 1, before):
            doubts.append(SuspectBatch(batch.chain, batch.number, seq + 1, before))
        if batch.links:
            ends[batch.chain] = batch.last, batch.links[-LINK_BYTES:]
    return ends, doubts


def first_break(keys, wanted, before, entries):
    """The first ChainBreak of entries (in order) that should begin with ``wanted``; None without
    one.
    """
    for entry in entries:
        if entry.seq != wanted:
            return ChainBreak(wanted, "missing" if entry.seq > wanted else "twice")
        if entry.key_id not in keys:
            return ChainBreak(wanted, "unknown key")
        before = link_digest(keys[entry.key_id], before, entry.body)
        if before != entry.link:
            return ChainBreak(wanted, "changed")
        wanted += 1
    return None


def _is_intact(batch, keys, wanted, before):
    """Whether a batch verifies as a whole. A million entries go through this loop."""
    key = keys.get(batch.least_key)
    if key is None or batch.greatest_key != batch.least_key or batch.first != wanted:
        return False
    fresh, links = blake2b(key=key, digest_size=LINK_BYTES).copy, []
    for body in batch.bodies.split(b"\n"):
        hashing = fresh()
        hashing.update(before)
        hashing.update(body)
        before = hashing.digest()
        links.append(before)
    counted = len(links) == batch.n == batch.last - batch.first + 1
    return counted and b"".join(links) == batch.links


def merkle_leaf(school, seq, last_link):
    """The Merkle leaf of one chain: which school, how many entries, its newest link."""
    return canonical_bytes([school, seq, last_link.hex()])


def merkle_root(leaves):
    """The Merkle tree hash of a list of leaves (bytes), RFC 9162 section 2.1.1; 32 bytes."""
    if not leaves:
        return hashlib.sha256().digest()
    level = [hashlib.sha256(b"\x00" + leaf_).digest() for leaf_ in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in pairs] + odd
    return level[0]
