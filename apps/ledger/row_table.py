"""How the app that owns a table of append-only rows lets the ledger chain them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class RowTable:
    """A table whose rows are only added, each with an id that its sequence counts up.

    ``chain_id``: the chain of its ranges. ``rows``: what a row is called in findings (plural).
    ``bodies``: SQL of the canonical bytes of a row ``e`` (text without line breaks), by the number of
    their form; ``form`` is the one chained now. The others stay, for what was chained in them.
    """

    chain_id: UUID
    table: str
    rows: str
    form: int
    bodies: Mapping[int, str]

    def body_sql(self, form: str) -> str:
        """SQL of the bytes in the form that ``form`` (SQL) numbers; NULL for an unknown one."""
        cases = " ".join(f"WHEN {number} THEN {body}" for number, body in self.bodies.items())
        return f"CASE {form} {cases} END"
