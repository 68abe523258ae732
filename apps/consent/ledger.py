"""The chain of decisions: canonical bytes, keyed links, Merkle roots. Pure: no Django, no clock.

Each school has a chain. An entry's link is HMAC-SHA256 (RFC 2104), under a key that is not in the
database, over the link before it and the entry's canonical bytes; so nobody who holds only the
database can change, drop, insert or reorder an entry unseen. What a chain alone does not show is
a tail cut off: for that the newest links of all chains (the heads) are hashed into one root
(Merkle tree hash, RFC 9162 section 2.1.1), signed, and kept in a second place.
"""

import hashlib
import hmac
from dataclasses import dataclass

from apps.vault.crypto import derive

GENESIS = bytes(32)
SEPARATOR = "|"  # no field can hold it: ids, numbers and fixed words only


@dataclass(frozen=True)
class Break:
    """The first entry of a chain that does not follow from the one before."""

    seq: int
    what: str


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
    return hmac.digest(key, before + body, "sha256")


def first_break(keys, entries, before=GENESIS, seq=1):
    """The first Break among ``entries``, or (link, next seq) when all of them follow.

    ``entries`` yields (seq, key id, canonical bytes, link) in the order of seq; ``keys`` maps a
    key id to its chain key.
    """
    for found, key_id, body, said in entries:
        if found != seq:
            return Break(seq, "missing" if found > seq else "twice")
        if key_id not in keys:
            return Break(seq, "unknown key")
        if not hmac.compare_digest(link(keys[key_id], before, body), said):
            return Break(seq, "changed")
        before, seq = said, seq + 1
    return before, seq


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
