"""How the app that owns the entries of chains lets the ledger read them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EntrySource:
    """SQL statements over the tables in which one owner keeps the entries of its chains.

    ``batches``: rows of hash_chain.EntryBatch, ordered by chain and number.
    ``batches_after``: the same of the entries after those of the parameters ``chains`` and ``seqs``.
    ``entries``: (seq, key id, body, link) of one batch, in order; parameters: chain, number.
    ``newest``: (key id, chain, seq, link before) of the newest entry written under each key.
    ``missing``: those of the parameters (three arrays: chains, seqs, links in hex) that are not there
    with that link, as (chain, seq, link).
    """

    batches: str
    batches_after: str
    entries: str
    newest: str
    missing: str
