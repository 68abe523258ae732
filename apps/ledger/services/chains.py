"""The heads of the chains, and the key under which the next entries are linked."""

from functools import lru_cache
from uuid import UUID

from django.conf import settings

from apps.core.crypto import KeyRing
from apps.core.sql_batches import StatementBatch, execute
from apps.ledger import hash_chain


def signing_ring() -> KeyRing:
    """The signing keys of the environment. Raises crypto.BadKeyRing."""
    return _parsed(settings.SIGNING_KEYS)


_parsed = lru_cache(maxsize=4)(KeyRing.parse)


def newest_chain_key() -> tuple[str, bytes]:
    """(id, chain key) under which entries are linked now."""
    name, seed = signing_ring().keys[0]
    return name, hash_chain.chain_key(seed)


def chain_keys() -> dict[str, bytes]:
    """{id: chain key} of every signing key there is."""
    return {name: hash_chain.chain_key(seed) for name, seed in signing_ring().keys}


def lock_head(chain_id: UUID, batch: StatementBatch | None = None) -> tuple[int, bytes]:
    """(seq, link) of the newest entry, locked; a chain without entries gets its head first."""
    held = ("SELECT seq, link FROM ledger_chainhead WHERE chain_id = %s FOR UPDATE", [chain_id])
    created = (
        "INSERT INTO ledger_chainhead (chain_id, seq, link, signed_seq) "
        "VALUES (%s, 0, %s, 0) ON CONFLICT DO NOTHING RETURNING 1",
        [chain_id, hash_chain.GENESIS],
    )
    batch = batch or StatementBatch()
    (head,) = batch.fetch(held)
    if not head:
        _, head = batch.fetch(created, held)
    return head[0]


def move_head(chain_id: UUID, seq: int, link: bytes, batch: StatementBatch | None = None) -> None:
    """Set the newest entry of a chain whose head the caller has locked."""
    execute(
        "UPDATE ledger_chainhead SET seq = %s, link = %s WHERE chain_id = %s",
        [seq, link, chain_id],
        batch,
    )
