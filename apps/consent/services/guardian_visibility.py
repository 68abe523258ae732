"""How the purposes of a student look to a guardian who must not learn of another one."""

from typing import Any
from uuid import UUID

from apps.consent.effectiveness_rules import Effectiveness, EffectivenessReason
from apps.consent.hidden_guardians import known_to
from apps.consent.services.effectiveness import (
    DecisionSets,
    Terms,
    effective_purposes,
    effectiveness_by_purpose,
)
from apps.people.models import Student

NOT_LINKED = Effectiveness(False, EffectivenessReason.GUARDIAN_REFUSED)  # the words name nobody


def as_seen_by_guardian(
    terms: Terms, student: Student, sets: DecisionSets, guardian_id: UUID, found: dict[str, Any]
) -> tuple[dict[str, Any], set[str]]:
    """({purpose: Effectiveness}, purposes whose key is not spoken of) as this guardian sees them.

    ``found`` is what holds. What is in use is shown as in use; of what is not, nothing is shown
    that only the answer of another, hidden guardian explains.
    """
    if not any(person.is_hidden for person in sets.persons):
        return found, set()
    answers = sets.with_lone_yes or sets.decisions
    seen = effectiveness_by_purpose(terms, student, known_to(guardian_id, answers, sets.persons))
    lone = effective_purposes(terms, student, answers)
    shown, concealed = {}, set()
    for purpose, real in found.items():
        shown[purpose] = real
        if real.is_effective:
            continue
        shown[purpose] = NOT_LINKED if seen[purpose].is_effective else seen[purpose]
        if seen[purpose].is_effective or purpose in lone:
            concealed.add(purpose)
    return shown, concealed
