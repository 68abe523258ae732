"""Which kind of person signs in by which way, and with which second factors. Pure: no Django.

The one table. ``services.access`` says of which kind an account is; the authentication backends,
the account adapter and ``account_pages`` ask here and decide nothing themselves.
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


class Way(StrEnum):
    """How a session begins."""

    CARD = "card"  # the card's code and the PIN chosen with it: two factors
    PASSWORD = "password"  # noqa: S105 - a confirmed mail address and a password


class Factor(StrEnum):
    """A second factor beside the password."""

    TOTP = "totp"
    SECURITY_KEY = "webauthn"
    RECOVERY_CODES = "recovery_codes"


@dataclass(frozen=True)
class WaysIn:
    """``ways`` begin a session; ``factors`` may be added to the password; ``asks_factor``: nothing
    of the kind's own pages opens before this session has used one."""

    ways: frozenset[Way] = frozenset()
    factors: frozenset[Factor] = frozenset()
    asks_factor: bool = False


NOWHERE = WaysIn()
ALL_FACTORS = frozenset(Factor)
WAYS_IN = {
    Kind.STUDENT: WaysIn(frozenset({Way.CARD})),
    Kind.FORMER_STUDENT: NOWHERE,
    Kind.GUARDIAN: WaysIn(frozenset({Way.PASSWORD}), ALL_FACTORS),
    Kind.STAFF: WaysIn(frozenset({Way.PASSWORD}), ALL_FACTORS, asks_factor=True),
    Kind.FORMER_STAFF: NOWHERE,
    Kind.OPERATOR: NOWHERE,
}


def may_come(kind: Kind, way: Way) -> bool:
    """Whether a person of this kind signs in by this way."""
    return way in WAYS_IN[kind].ways


def has_account_pages(kind: Kind) -> bool:
    """Whether the pages for mail address, password and second factor are this kind's at all."""
    return may_come(kind, Way.PASSWORD)


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
    if parts.is_guardian:
        return Kind.GUARDIAN
    if is_superuser:
        return Kind.OPERATOR
    return Kind.FORMER_STAFF if is_staff else Kind.GUARDIAN
