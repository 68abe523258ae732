"""Rows of a roster of which it is not sure who they are. Pure: no Django, no database.

A person is known by the 共通ID (a school by its code). Where the sourcedId of a row belongs to
somebody else of now, only a person can say who is meant: each such row is a ``Question``. So is a
row whose identifiers agree, or whose 共通ID alone is known, but whose given name is quite another:
a column that slipped would otherwise give every child the account of the next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

MAX_QUESTIONS = 300  # more is no correction but another numbering of the whole roster


class IdentityAnswer(StrEnum):
    """What a person may say about a row."""

    SAME = "same"  # the holder of the sourcedId, whose 共通ID was corrected
    OTHER = "other"  # whoever the 共通ID names, or somebody new


class IdentityCase(StrEnum):
    """In which way the two identifiers of a row disagree."""

    SWAPPED = "swapped"  # two people of now stand in each other's row
    MERGED = "merged"  # two people of now, one row
    SPLIT = "split"  # one person of now, two rows
    REUSED = "reused"  # the number of one person of now stands at another's row
    CHANGED = "changed"  # a 共通ID nobody has, at the number of a person of now
    UNPROVEN = "unproven"  # no 共通ID kept yet, and quite another name
    RENAMED = "renamed"  # known by the 共通ID, and quite another given name


@dataclass(frozen=True)
class IdentityQuestion:
    """One row to ask about. ``holder`` has its sourcedId now, ``owner`` (or None) its 共通ID.

    Both are the one person in question where ``is_renamed``.

    ``own_line`` is the row that has the holder's 共通ID (``own_name`` its name), ``own_holder``
    who has that row's sourcedId. The names are for words on the page: nobody is told apart by
    them, and no record keeps them. ``is_fixed``: the owner keeps the
    共通ID, whatever is answered.
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
        """Its place in the roster."""
        return f"{self.kind}-{self.line}"

    @property
    def answer_key(self) -> str:
        """What an answer is given under: the place, and a digest of whom the question is about.

        An answer to a question that has changed since is an answer to none.
        """
        asked = repr([str(part) for part in astuple(self)])
        return f"{self.key}-{sha256(asked.encode()).hexdigest()[:12]}"

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
    questions: Iterable[IdentityQuestion], said: Mapping[str, str]
) -> dict[str, IdentityAnswer]:
    """{Question.key: Answer} of what was said; ``said`` is {Question.answered_as: value}.

    What answers none of these questions, or is no answer to it, is passed over.
    """
    valid = {answer.value for answer in IdentityAnswer}
    return {
        question.key: IdentityAnswer(said[question.answer_key])
        for question in questions
        if said.get(question.answer_key) in valid and _may_be(question, said[question.answer_key])
    }


def _may_be(question, answer):
    """The owner of a fixed 共通ID keeps it: it goes to nobody else, neither of now nor new."""
    kept = IdentityAnswer.SAME if question.is_renamed else IdentityAnswer.OTHER
    return answer == kept or not question.is_fixed
