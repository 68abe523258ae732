"""When a scheme is worth asking about. Pure: no Django."""

from collections.abc import Iterable
from dataclasses import dataclass, field

LOW_BANDS = frozenset({"non_taxable", "flat_only"})


@dataclass(frozen=True)
class HomeFacts:
    """What may be read of a household, its income and its allowances; empty where not known."""

    has_single_adult: bool = field(default=False, repr=False)
    income_band: str = field(default="", repr=False)
    received: frozenset[str] = field(default=frozenset(), repr=False)


def hints_met(hints: Iterable[str], allowance: str, facts: HomeFacts) -> bool:
    """Whether every hint is known to hold, and the family does not receive it already."""
    met = {
        "single_adult": facts.has_single_adult,
        "low_income": facts.income_band in LOW_BANDS,
    }
    return all(met[hint] for hint in hints) and allowance not in facts.received - {""}
