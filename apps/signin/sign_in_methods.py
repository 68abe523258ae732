"""Which kind of account signs in by which method, and with which second factors. Pure: no Django.

This is the only table. ``apps.people.account_kind_rules`` derives an account's kind; the
authentication backends, the account adapter and ``account_pages`` ask here.
"""

from dataclasses import dataclass
from enum import StrEnum

from apps.people.account_kind_rules import AccountKind


class SignInMethod(StrEnum):
    """How a session begins."""

    CARD = "card"  # the card's code and the chosen PIN: two factors
    SCHOOL_ACCOUNT = "school_account"  # the school's account, then the PIN
    LTI = "lti"  # started from a 学習eポータル, then the PIN
    PASSWORD = "password"  # noqa: S105 - a confirmed mail address and a password
    PASSKEY = "passkey"  # a key on a device, opened by its owner there: two factors
    MYNA = "myna"  # the guardian's My Number card and its PIN, through デジタル認証アプリ


class SecondFactor(StrEnum):
    """A second factor besides the password."""

    TOTP = "totp"
    SECURITY_KEY = "webauthn"
    RECOVERY_CODES = "recovery_codes"


@dataclass(frozen=True)
class SignInMethods:
    """The allowed ``methods``, ``factors``, and whether a factor is required (``asks_factor``).

    With ``asks_factor`` only public pages open before this session has used one
    (apps.signin.second_factor_middleware).
    """

    methods: frozenset[SignInMethod] = frozenset()
    factors: frozenset[SecondFactor] = frozenset()
    asks_factor: bool = False


NO_METHODS = SignInMethods()
ALL_FACTORS = frozenset(SecondFactor)
ACCOUNT_METHODS = frozenset({SignInMethod.PASSWORD, SignInMethod.PASSKEY})
METHODS_BY_KIND = {
    AccountKind.STUDENT: SignInMethods(
        frozenset({SignInMethod.CARD, SignInMethod.SCHOOL_ACCOUNT, SignInMethod.LTI})
    ),
    AccountKind.FORMER_STUDENT: NO_METHODS,
    AccountKind.GUARDIAN: SignInMethods(ACCOUNT_METHODS | {SignInMethod.MYNA}, ALL_FACTORS),
    AccountKind.STAFF: SignInMethods(ACCOUNT_METHODS, ALL_FACTORS, asks_factor=True),
    AccountKind.FORMER_STAFF: NO_METHODS,
    AccountKind.OPERATOR: NO_METHODS,
}


def may_use_method(kind: AccountKind, method: SignInMethod) -> bool:
    """Whether this kind of account signs in by this method."""
    return method in METHODS_BY_KIND[kind].methods


def requires_second_factor(kind: AccountKind) -> bool:
    """Whether a session of this kind must use a second factor before it reaches anything."""
    return METHODS_BY_KIND[kind].asks_factor


def has_account_pages(kind: AccountKind) -> bool:
    """Whether this kind of account has the pages for mail address, password, passkeys and second factor."""
    return bool(METHODS_BY_KIND[kind].methods & ACCOUNT_METHODS)
