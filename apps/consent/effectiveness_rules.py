"""When a purpose is effective for a student. Pure: no Django, no clock.

Everybody who must agree has agreed, to the current document, within the term, while enrolled; the
most protective answer wins. Silence, "later" and "I do not know" are not agreement. From a certain
age a student decides alone: then only answers given since that birthday count.
"""

from dataclasses import dataclass
from enum import StrEnum

GIVEN = "given"
REFUSALS = frozenset({"refused", "withdrawn"})


class EffectivenessReason(StrEnum):
    """Why a purpose is effective or not; apps.consent.words.EFFECTIVENESS has the words."""

    EFFECTIVE = "effective"
    NOT_ENROLLED = "not_enrolled"
    NOT_OFFERED = "not_offered"
    OUT_OF_TERM = "out_of_term"
    GUARDIAN_REFUSED = "guardian_refused"
    STUDENT_REFUSED = "student_refused"
    WAITING_BOTH = "waiting_both"
    WAITING_GUARDIAN = "waiting_guardian"
    WAITING_STUDENT = "waiting_student"
    WAITING_ALONE = "waiting_alone"  # only the student is asked
    PAUSED = "paused"  # the key of an effective purpose is
    WAITING_ANSWER = "waiting_answer"  # of a guardian whom the school has not confirmed
    WAITING_SCHOOL = "waiting_school"  # for the school to confirm the guardian
    WAITING_SCHOOL_DECIDES = "waiting_school_decides"  # whether the guardian's answer counts
    NOT_SHOWN = "not_shown"  # to a guardian: it would tell the child's answer


@dataclass(frozen=True)
class PartyAnswer:
    """One person's latest response: to the current document? given when old enough to decide?"""

    response: str
    is_current: bool
    is_of_age: bool = False

    @property
    def agrees(self):
        return self.response == GIVEN and self.is_current

    @property
    def refuses(self):
        return self.response in REFUSALS


@dataclass(frozen=True)
class Effectiveness:
    """Whether a purpose is effective, and why."""

    is_effective: bool
    why: EffectivenessReason


def effectiveness(
    *, decider, guardians, student, is_offered, in_term, is_enrolled, decides_alone=False,
    n_silent=0,
):  # fmt: skip
    """The Effectiveness of one (student, purpose).

    ``guardians`` holds the PartyAnswer of every guardian who ever answered, ``student`` a
    PartyAnswer or None. ``decider`` is "both" (guardian and student must agree) or "guardian" (the
    student's refusal still blocks). ``n_silent``: how many guardians must still answer, where all
    of them must agree; else one yes is enough. ``decides_alone``: the student has reached the age from which
    nobody else is asked.
    """
    for holds, why in (
        (is_enrolled, EffectivenessReason.NOT_ENROLLED),
        (is_offered, EffectivenessReason.NOT_OFFERED),
        (in_term, EffectivenessReason.OUT_OF_TERM),
    ):
        if not holds:
            return Effectiveness(False, why)
    if decides_alone:
        return _alone(student)
    if any(word.refuses for word in guardians):
        return Effectiveness(False, EffectivenessReason.GUARDIAN_REFUSED)
    if student is not None and student.refuses:
        return Effectiveness(False, EffectivenessReason.STUDENT_REFUSED)
    guardian_agrees = bool(guardians) and not n_silent and all(word.agrees for word in guardians)
    student_agrees = decider == "guardian" or (student is not None and student.agrees)
    if guardian_agrees and student_agrees:
        return Effectiveness(True, EffectivenessReason.EFFECTIVE)
    if not guardian_agrees and not student_agrees:
        return Effectiveness(False, EffectivenessReason.WAITING_BOTH)
    return Effectiveness(
        False,
        EffectivenessReason.WAITING_GUARDIAN
        if not guardian_agrees
        else EffectivenessReason.WAITING_STUDENT,
    )


def asks_fewer(decider, alone_from_age, *, than):
    """Whether somebody who must agree under ``than`` ((decider, age)) need not under these."""
    their_decider, their_age = than
    if decider == "guardian" and their_decider != "guardian":
        return True
    if alone_from_age is None:
        return False
    return their_age is None or alone_from_age < their_age


def _alone(student):
    if student is not None and student.refuses:
        return Effectiveness(False, EffectivenessReason.STUDENT_REFUSED)
    if student is not None and student.agrees and student.is_of_age:
        return Effectiveness(True, EffectivenessReason.EFFECTIVE)
    return Effectiveness(False, EffectivenessReason.WAITING_ALONE)
