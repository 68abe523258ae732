"""Rows of a roster whose person is uncertain. Pure: no Django, no database.

A person is identified by the 共通ID (a school by its code). Where the sourcedId of a row belongs to
another present person, a member of staff must decide who is meant: each such row is an
``IdentityQuestion``. So is a row whose identifiers agree, or whose 共通ID alone is known, but whose
given name is quite different: a shifted column would otherwise give every child the account of the
next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

MAX_QUESTIONS = 300  # more are no corrections but a renumbered roster


class IdentityAnswer(StrEnum):
    """The possible answers about a row."""

    SAME = "same"  # the holder of the sourcedId, whose 共通ID was corrected
    OTHER = "other"  # the person of the 共通ID, or a new one


class IdentityCase(StrEnum):
    """How the two identifiers of a row disagree."""

    SWAPPED = "swapped"  # two present people, each with the other's row
    MERGED = "merged"  # two present people, one row
    SPLIT = "split"  # one present person, two rows
    REUSED = "reused"  # the number of a present person is at another one's row
    CHANGED = "changed"  # an unknown 共通ID at the number of a present person
    UNPROVEN = "unproven"  # no 共通ID stored yet, and quite another name
    RENAMED = "renamed"  # known 共通ID, but quite another given name


@dataclass(frozen=True)
class IdentityQuestion:
    """One uncertain row: ``holder`` now has its sourcedId, ``owner`` (or None) its 共通ID.

    Both are the one person in question where ``is_renamed``. ``own_line`` is the row that has the
    holder's 共通ID (``own_name`` its name), ``own_holder`` who has that row's sourcedId. The names
    are shown on the page only: they identify nobody, and no record keeps them. ``is_fixed``: the
    owner keeps the 共通ID whatever the answer is.
    """

    kind: str
    line: int
    name: str
    holder: UUID
    holder_name: str
    owner: UUID | None = None
    owner_name: str = ""
    own_line: int | None = None
    own_holder: UUID | None = None
    own_name: str = ""
    is_unproven: bool = False
    is_fixed: bool = False
    is_renamed: bool = False

    @property
    def key(self) -> str:
        """The row's position in the roster."""
        return f"{self.kind}-{self.line}"

    @property
    def answer_key(self) -> str:
        """The key of an answer: the position, and a digest of the people in question.

        An answer to a question that has changed since answers nothing.
        """
        text = repr([str(part) for part in astuple(self)])
        return f"{self.key}-{sha256(text.encode()).hexdigest()[:12]}"

    @property
    def file(self) -> str:
        return "orgs.csv" if self.kind == "schools" else "users.csv"

    @property
    def case(self) -> IdentityCase:
        if self.is_renamed:
            return IdentityCase.RENAMED
        if self.owner is None and self.is_unproven:
            return IdentityCase.UNPROVEN
        if self.own_line is None:
            return IdentityCase.CHANGED if self.owner is None else IdentityCase.MERGED
        if self.owner is None:
            moved_on = self.own_name == self.holder_name != self.name
            return IdentityCase.REUSED if moved_on else IdentityCase.SPLIT
        return IdentityCase.SWAPPED if self.own_holder == self.owner else IdentityCase.REUSED


def valid_answers(
    questions: Iterable[IdentityQuestion], answers: Mapping[str, str]
) -> dict[str, IdentityAnswer]:
    """{IdentityQuestion.key: IdentityAnswer} of the given answers {answer_key: value}.

    Answers to other questions and invalid answers are skipped.
    """
    valid = {answer.value for answer in IdentityAnswer}
    return {
        question.key: IdentityAnswer(answers[question.answer_key])
        for question in questions
        if answers.get(question.answer_key) in valid
        and _may_be(question, answers[question.answer_key])
    }


def _may_be(question, answer):
    """Whether this answer is possible: a fixed 共通ID stays with its owner."""
    default = IdentityAnswer.SAME if question.is_renamed else IdentityAnswer.OTHER
    return answer == default or not question.is_fixed
