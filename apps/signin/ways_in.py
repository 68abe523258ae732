"""Which kind of person signs in by which way, and with which second factors. Pure: no Django.

The one table. ``apps.people.kinds`` says of which kind an account is; the authentication backends,
the account adapter and ``account_pages`` ask here and decide nothing themselves.
"""

from dataclasses import dataclass
from enum import StrEnum

from apps.people.kinds import Kind


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
    """``ways`` begin a session; ``factors`` may be added to the password; ``asks_factor``: no page
    but public ones opens before this session has used one (apps.signin.factor_gate)."""

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


def asks_factor(kind: Kind) -> bool:
    """Whether a session of this kind must use a second factor before it reaches anything."""
    return WAYS_IN[kind].asks_factor


def has_account_pages(kind: Kind) -> bool:
    """Whether the pages for mail address, password and second factor are this kind's at all."""
    return may_come(kind, Way.PASSWORD)
