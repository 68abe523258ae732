"""What the verification of the ledger finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LedgerFinding:
    """One thing that is not as it was written; ``where`` names the row."""

    where: str
    what: str
