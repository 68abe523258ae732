"""Verifies every chain and every head, from the entries that their owner makes readable."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import psycopg
from django.db import connection

from apps.core.postgresql import in_scope
from apps.ledger import hash_chain
from apps.ledger.entry_source import EntrySource
from apps.ledger.findings import LedgerFinding
from apps.ledger.models import ChainHead
from apps.ledger.services.chains import chain_keys
from apps.ledger.services.proved_points import ProvedPoint

BREAK_DESCRIPTIONS = {
    "missing": "an entry is missing here (deleted, or the next one was moved)",
    "twice": "an entry stands here twice or out of order (inserted)",
    "changed": "the entry, its receipt or its words are not what was written (changed or inserted)",
    "unknown key": "the entry names a signing key that SIGNING_KEYS does not hold",
}


def read_one_snapshot() -> None:
    """Let the transaction that has just begun see one state of the database only."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def verify_chains(
    source: EntrySource,
    point: ProvedPoint | None = None,
    row_ends: Mapping[str, tuple[int, bytes]] | None = None,
) -> tuple[dict[str, tuple], list[LedgerFinding]]:
    """({chain: (seq, link) of its last entry}, the LedgerFindings about chains and heads).

    With a ``point``, of the entries after it. ``row_ends`` are the ends of the chains of rows, which
    are verified already (row_chain_checks); number 0 where there is none.
    """
    keys, heads, begun = chain_keys(), _chain_heads(), {}
    statement, values = source.batches, None
    if point is not None:
        begun = {chain: (seq, bytes.fromhex(link)) for chain, (seq, link) in point.ends.items()}
        chains = sorted(begun.keys() | heads.keys())
        seqs = [begun.get(chain, (0,))[0] for chain in chains]
        statement = source.batches_after
        values = {"chains": [UUID(chain) for chain in chains], "seqs": seqs}
    # Not Django's cursor: only psycopg's own streams binary rows.
    with in_scope(), psycopg.Cursor(connection.connection) as cursor:
        batches = map(hash_chain.EntryBatch._make, cursor.stream(statement, values, binary=True))
        ends, suspects = hash_chain.verify_batches(keys, batches, begun)
    for chain, end in (row_ends or {}).items():
        ends.pop(chain, None)  # what the point said of it
        if end != (0, hash_chain.GENESIS):
            ends[chain] = end
    return ends, [*_breaks(source, keys, suspects), *_compared(heads, ends)]


def _chain_heads():
    """{chain: (seq, link)} as the heads say."""
    return {str(h.chain_id): (h.seq, bytes(h.link)) for h in ChainHead.objects.all()}


def signing_key_problems(source: EntrySource) -> Iterator[str]:
    """Sentences (English, for the terminal) about signing keys that this environment lacks.

    One entry under each key is verified: a ring that lost a key, or holds another one under its id,
    is found before anybody is given a receipt that nobody can check.
    """
    keys = chain_keys()
    with connection.cursor() as cursor:
        cursor.execute(source.newest)
        samples = cursor.fetchall()
    for key_id, chain, seq, before in samples:
        if key_id not in keys:
            yield f"SIGNING_KEYS lacks the key {key_id!r}: decisions of the ledger need it."
            continue
        suspect = hash_chain.SuspectBatch(chain, seq >> 9, seq, bytes(before or hash_chain.GENESIS))
        entry = [entry for entry in _entries(source, suspect) if entry.seq == seq]
        if hash_chain.first_break(keys, seq, suspect.before, entry):
            yield (
                f"SIGNING_KEYS holds another key under the id {key_id!r} than before, "
                "or the ledger was changed: run verify_ledger."
            )


def _breaks(source, keys, suspects):
    """The LedgerFinding of the first break of each chain with a suspect batch."""
    broken = set()
    for suspect in suspects:
        if suspect.chain is None or suspect.number is None:
            yield LedgerFinding("an entry of no chain or number", BREAK_DESCRIPTIONS["twice"])
        elif suspect.chain not in broken and (
            found := hash_chain.first_break(
                keys, suspect.wanted, suspect.before, _entries(source, suspect)
            )
        ):
            broken.add(suspect.chain)
            where = f"chain {suspect.chain}, entry {found.seq}"
            yield LedgerFinding(where, BREAK_DESCRIPTIONS[found.what])


def _entries(source, suspect):
    with connection.cursor() as cursor:
        cursor.execute(source.entries, [suspect.chain, suspect.number])
        for seq, key_id, body, link in cursor.fetchall():
            yield hash_chain.ChainEntry(seq, key_id, body.encode(), bytes(link))


def _compared(heads, ends):
    for chain in sorted(heads.keys() | ends.keys()):
        if heads.get(chain) != ends.get(chain):
            yield LedgerFinding(
                f"chain {chain}, head",
                f"the newest entry is {ends.get(chain, (0,))[0]}, "
                f"but {heads.get(chain, (0,))[0]} were written (the tail was cut or added to)",
            )
