"""The chain of decisions: canonical bytes, keyed links, Merkle roots. Pure: no Django, no clock.

Each school has a chain. An entry's link is keyed BLAKE2b (RFC 7693, 256 bits), under a key that
is not in the database, over the link before it and the entry's canonical bytes; so nobody who
holds only the database can change, drop, insert or reorder an entry unseen. What a chain alone
does not show is a tail cut off: for that the newest links of all chains (the heads) are hashed
into one root (Merkle tree hash, RFC 9162 section 2.1.1), signed, and kept in a second place.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

from apps.vault.crypto import derive

GENESIS = bytes(32)
SEPARATOR = "|"  # no field can hold it: ids, numbers and fixed words only


@dataclass(frozen=True)
class Break:
    """The first entry of a chain that does not follow from the one before."""

    seq: int
    what: str


@cache
def chain_key(seed):
    """The key of the links (32 bytes), derived from a signing seed (32 bytes)."""
    return derive(seed, "consent ledger")


def canonical(fields):
    """The bytes an entry is hashed as: its fields (strings or ints, None is empty), in order.

    PostgreSQL says the same with concat_ws (apps.consent.services.verifying.CANONICAL).
    """
    return SEPARATOR.join("" if field is None else str(field) for field in fields).encode()


def link(key, before, body):
    """The link (32 bytes) of an entry whose predecessor's link is ``before``."""
    return blake2b(before + body, key=key, digest_size=32).digest()


def walk(keys, lines):
    """Prove chains. (ends {chain: (seq, link)}, breaks {chain: its first Break}).

    ``lines`` yields [chain, seq, key id, canonical bytes, link in hex] (bytes each), chain by chain
    in the order of seq; ``keys`` maps a key id (bytes) to its chain key. ``ends`` is what stands
    last, whether it follows or not. One plain loop: a million entries go through it.
    """
    ends, breaks = {}, {}
    chain, wanted, before, said = None, 1, GENESIS, b""
    for of, seq, key_id, body, link_hex in lines:
        if of != chain:
            if chain is not None:
                ends[chain] = (wanted - 1, said)
            chain, wanted, before = of, 1, GENESIS
        said, found = link_hex, int(seq)
        if chain not in breaks:
            if found != wanted:
                breaks[chain] = Break(wanted, "missing" if found > wanted else "twice")
            elif key_id not in keys:
                breaks[chain] = Break(wanted, "unknown key")
            else:
                before = blake2b(before + body, key=keys[key_id], digest_size=32).digest()
                if before.hex().encode() != link_hex:
                    breaks[chain] = Break(wanted, "changed")
        wanted = found + 1
    if chain is not None:
        ends[chain] = (wanted - 1, said)
    return {of: (seq, bytes.fromhex(last.decode())) for of, (seq, last) in ends.items()}, breaks


def leaf(school, seq, last_link):
    """The Merkle leaf of one chain: which school, how many entries, its newest link."""
    return canonical([school, seq, last_link.hex()])


def root(leaves):
    """The Merkle tree hash of a list of leaves (bytes), RFC 9162 section 2.1.1; 32 bytes."""
    if not leaves:
        return hashlib.sha256().digest()
    level = [hashlib.sha256(b"\x00" + leaf_).digest() for leaf_ in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in pairs] + odd
    return level[0]
