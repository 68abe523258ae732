"""Which kind of account somebody has, from rosters and staff posts. Pure: no Django.

The only place with this rule: sign-in, session limits and security events use it.
"""

from dataclasses import dataclass
from enum import StrEnum


class AccountKind(StrEnum):
    """What an account is today."""

    STUDENT = "student"
    FORMER_STUDENT = "former_student"  # left the school
    GUARDIAN = "guardian"  # or waiting to be confirmed as one
    STAFF = "staff"  # with a post that is not over
    FORMER_STAFF = "former_staff"  # no post is left
    OPERATOR = "operator"  # Django's superuser: works at the command line of the server


@dataclass(frozen=True)
class AccountFacts:
    """Which rows exist for an account: each flag is True where there is such a row."""

    is_student: bool = False  # in a school today
    was_student: bool = False
    is_guardian: bool = False
    has_post: bool = False  # one that is not over, also one that begins later


def kind_from_facts(parts: AccountFacts, *, is_staff: bool, is_superuser: bool) -> AccountKind:
    """The kind of an account. Whoever is or was a student is nothing else."""
    if parts.is_student:
        return AccountKind.STUDENT
    if parts.was_student:
        return AccountKind.FORMER_STUDENT
    if parts.has_post and is_staff:
        return AccountKind.STAFF
    if is_superuser:
        return AccountKind.OPERATOR
    if parts.is_guardian:
        return AccountKind.GUARDIAN
    return AccountKind.FORMER_STAFF if is_staff else AccountKind.GUARDIAN


GROUP_OF_KIND = {
    AccountKind.STUDENT: "student",
    AccountKind.FORMER_STUDENT: "student",
    AccountKind.GUARDIAN: "guardian",
    AccountKind.STAFF: "staff",
    AccountKind.FORMER_STAFF: "staff",
    AccountKind.OPERATOR: "staff",
}


def group_of_kind(kind: AccountKind) -> str:
    """The group of a kind, for session limits and security events: "student", "guardian", "staff"."""
    return GROUP_OF_KIND[kind]
