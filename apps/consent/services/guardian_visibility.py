"""What a guardian sees of the state of a purpose: nothing from which the child's answer follows.

Nor what another guardian answered: a guardian sees their own answer, and what the city or the
roster alone explains.
"""

from typing import Any

from apps.consent.effectiveness_rules import Effectiveness, EffectivenessReason

NOT_SHOWN = Effectiveness(False, EffectivenessReason.NOT_SHOWN)
EXPLAINED_BY_NOBODYS_ANSWER = {
    EffectivenessReason.NOT_OFFERED,
    EffectivenessReason.OUT_OF_TERM,
    EffectivenessReason.NOT_ENROLLED,
}


def as_seen_by_guardian(found: dict[str, Any]) -> dict[str, Any]:
    """{purpose: Effectiveness} of what holds, as every guardian sees it."""
    return {
        purpose: each if each.why in EXPLAINED_BY_NOBODYS_ANSWER else NOT_SHOWN
        for purpose, each in found.items()
    }
