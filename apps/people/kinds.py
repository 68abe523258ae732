"""Of which kind an account is, by what rosters and posts say of it. Pure: no Django.

The one rule: ways in, the times of sign-ins and security events ask here.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an account is today."""

    STUDENT = "student"
    FORMER_STUDENT = "former_student"  # left the school
    GUARDIAN = "guardian"  # or waiting to be confirmed as one
    STAFF = "staff"  # with a post that is not over
    FORMER_STAFF = "former_staff"  # no post is left
    OPERATOR = "operator"  # Django's superuser: works at the command line of the server


@dataclass(frozen=True)
class Parts:
    """What rosters and posts say of an account: each True where there is such a row."""

    is_student: bool = False  # in a school today
    was_student: bool = False
    is_guardian: bool = False
    has_post: bool = False  # one that is not over, also one that begins later


def kind_of(parts: Parts, *, is_staff: bool, is_superuser: bool) -> Kind:
    """The kind of an account. Whoever is or was a student is nothing else."""
    if parts.is_student:
        return Kind.STUDENT
    if parts.was_student:
        return Kind.FORMER_STUDENT
    if parts.has_post and is_staff:
        return Kind.STAFF
    if is_superuser:
        return Kind.OPERATOR
    if parts.is_guardian:
        return Kind.GUARDIAN
    return Kind.FORMER_STAFF if is_staff else Kind.GUARDIAN


GROUPS = {
    Kind.STUDENT: "student",
    Kind.FORMER_STUDENT: "student",
    Kind.GUARDIAN: "guardian",
    Kind.STAFF: "staff",
    Kind.FORMER_STAFF: "staff",
    Kind.OPERATOR: "staff",
}


def group_of(kind: Kind) -> str:
    """The group whose times and events are this kind's: "student", "guardian" or "staff"."""
    return GROUPS[kind]
