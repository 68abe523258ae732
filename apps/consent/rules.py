"""When a purpose is effective for a student. Pure: no Django, no clock.

Everybody who must agree has agreed, to the current words, within the term, while enrolled; the
most protective answer wins. Silence and "later" are not agreement.
"""

from dataclasses import dataclass

GIVEN = "given"
REFUSALS = frozenset({"refused", "withdrawn"})


@dataclass(frozen=True)
class Word:
    """The latest response of one person, and whether it was to the current words."""

    response: str
    is_current: bool

    @property
    def agrees(self):
        return self.response == GIVEN and self.is_current

    @property
    def refuses(self):
        return self.response in REFUSALS


@dataclass(frozen=True)
class Standing:
    """Whether a purpose is effective, and if not, why: a key of apps.consent.words.WHY."""

    is_effective: bool
    why: str


def standing(*, decider, guardians, student, is_offered, in_term, is_enrolled):
    """The Standing of one (student, purpose).

    ``guardians`` holds the Word of every guardian who ever answered, ``student`` a Word or None.
    ``decider`` is "both" (guardian and student must agree) or "guardian" (the student's refusal
    still blocks).
    """
    if not (is_offered and in_term and is_enrolled):
        return Standing(False, "not_offered")
    if any(word.refuses for word in guardians):
        return Standing(False, "guardian_refused")
    if student is not None and student.refuses:
        return Standing(False, "student_refused")
    guardian_agrees = bool(guardians) and all(word.agrees for word in guardians)
    student_agrees = decider == "guardian" or (student is not None and student.agrees)
    if guardian_agrees and student_agrees:
        return Standing(True, "effective")
    if not guardian_agrees and not student_agrees:
        return Standing(False, "waiting_both")
    return Standing(False, "waiting_guardian" if not guardian_agrees else "waiting_student")
